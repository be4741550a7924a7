import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asReleaseError } from './errors.ts'
import {
  earlierWords,
  type Freeze,
  freezeBy,
  freezeOutcomeWords,
  freezeWords,
  frozenBy,
  isFrozenBy,
  mustNotBeFrozen,
} from './freeze.ts'
import { describeError } from './messages.ts'
import type { Actor } from './release.ts'

const AT = '2026-03-01T10:00:04.000Z'
const ada: Actor = { kind: 'operator', name: 'Ada' }
const root: Actor = { kind: 'host', name: 'root' }
const director: Actor = { kind: 'director', name: 'Fail-over' }

const frozen = (changes: Partial<Freeze> = {}): Freeze => ({
  ...{ cause: 'manual', reason: 'Christmas.', actor: ada, at: AT, release: null, ...changes },
})
const rollback = frozen({ cause: 'rollback', reason: null, release: 12 })
const failOver = frozen({
  ...{ cause: 'fail-over', reason: 'primary did not answer for 5 s', actor: director, release: 13 },
})

const WORDS: [Freeze, string, string][] = [
  [
    frozen(),
    'Deploys by machines are frozen by Ada since 2026-03-01 10:00:04 UTC: Christmas.',
    'Before that, Ada froze them at 2026-03-01 10:00:04 UTC: Christmas.',
  ],
  [
    rollback,
    'Deploys by machines are frozen since 2026-03-01 10:00:04 UTC, when Ada rolled back (release 12).',
    'Before that, Ada rolled back at 2026-03-01 10:00:04 UTC.',
  ],
  [
    failOver,
    'Deploys by machines are frozen since 2026-03-01 10:00:04 UTC, when the director moved the traffic by itself (release 13): primary did not answer for 5 s.',
    'Before that, the director moved the traffic by itself at 2026-03-01 10:00:04 UTC: primary did not answer for 5 s.',
  ],
]

for (const [freeze, words, before] of WORDS) {
  test(`a freeze says since when, by whom and why: ${freeze.cause}`, () => {
    assert.equal(freezeWords(freeze), words)
    assert.equal(earlierWords(freeze), before)
  })
}

const MOVES: [string, Parameters<typeof freezeBy>[0], Freeze | null][] = [
  ['a deploy', { id: 12, verb: 'deploy', actor: root, note: null }, null],
  ['a rollback', { id: 12, verb: 'rollback', actor: ada, note: null }, rollback],
  [
    "the director's own",
    { id: 13, verb: 'rollback', actor: director, note: 'primary did not answer for 5 s' },
    failOver,
  ],
]

for (const [name, release, expected] of MOVES) {
  test(`what freezes: ${name}`, () => assert.deepEqual(freezeBy(release, AT), expected))
}

const ASKS: [string, Parameters<typeof mustNotBeFrozen>[1], boolean][] = [
  ['an operator in the console', { actor: ada }, false],
  ['whoever is on the host and says nothing', { actor: root }, true],
  ['a person there who was shown this freeze', { actor: root, despiteFreeze: AT }, false],
  ['a person there who was shown another', { actor: root, despiteFreeze: '2026-02-01T10:00:04.000Z' }, true],
]

for (const [name, asker, isRefused] of ASKS) {
  test(`${name} is ${isRefused ? 'refused' : 'let through'} while deploys are frozen`, () => {
    const ask = () => mustNotBeFrozen({ ...rollback, earlier: [] }, asker)
    if (!isRefused) return ask()
    assert.throws(ask, (error: unknown) => {
      const body = describeError(
        asReleaseError(error),
        'Visitors get 1.4.0 from the primary slot, as before.',
      )
      assert.deepEqual(
        [body.code, body.what, body.live, body.next],
        [
          'frozen',
          'Deploys by machines are frozen since 2026-03-01 10:00:04 UTC, when Ada rolled back (release 12).',
          'Visitors get 1.4.0 from the primary slot, as before.',
          'Lift the freeze in the console or with `switchyard unfreeze`, then deploy again; a person may deploy all the same with `--despite-freeze`.',
        ],
      )
      return true
    })
  })
}

test('nobody is refused while nothing is frozen', () => mustNotBeFrozen(null, { actor: root }))

test('of several freezes the newest of each cause holds', () => {
  assert.equal(frozenBy([]), null)
  const newest = frozenBy([rollback, { ...rollback, release: 11 }, frozen(), failOver])
  assert.deepEqual(newest, { ...rollback, earlier: [frozen(), failOver] })
  assert.ok(isFrozenBy(newest, 'fail-over') && isFrozenBy(newest, 'rollback'))
  assert.ok(!isFrozenBy(frozenBy([frozen()]), 'fail-over') && !isFrozenBy(null, 'manual'))
})

test('an outcome says what holds now, and that nothing under way is stopped', () => {
  const freeze = { ...frozen(), earlier: [] }
  assert.equal(
    freezeOutcomeWords({ freeze, isChange: true, running: 7 }),
    'Deploys by machines are refused from now on, until somebody lifts the freeze. Release 7 is under way and goes on.',
  )
  assert.equal(
    freezeOutcomeWords({ freeze: null, isChange: true, running: null }),
    'The freeze is lifted: machines may deploy again.',
  )
  assert.equal(
    freezeOutcomeWords({ freeze: null, isChange: false, running: null }),
    'Deploys were not frozen. Nothing has changed.',
  )
})
