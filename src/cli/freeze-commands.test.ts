import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { answering, cli } from '../../test/fixtures/command-line.ts'
import {
  eventStream,
  frozen,
  liveRelease,
  release,
  scriptedDirector,
  systemStatus,
} from '../../test/fixtures/scripted-director.ts'
import type { FreezeOutcome } from '../release/freeze.ts'
import { historyLines } from './commands/history.ts'
import { statusExitCode } from './commands/status.ts'
import { statusLines } from './status-lines.ts'

const plain = { paint: (_colour: string, text: string) => text }
const WORDS =
  'Deploys by machines are frozen since 2026-03-01 10:00:04 UTC, when ada rolled back (release 11): The cart is empty.'
const QUESTION = 'Deploy all the same? [y/N]'

/** A director whose system is frozen, that takes every deploy as the real one does: it must name the freeze. */
const frozenDirector = () =>
  scriptedDirector((app) => {
    app.get('/v1/status', (context) => context.json(systemStatus({ freeze: frozen() })))
    app.post('/v1/deploy', async (context) => {
      const { despiteFreeze } = await context.req.json()
      if (despiteFreeze === frozen().at) return context.json({ release: release() }, 202)
      const error = { code: 'frozen', what: WORDS, live: 'Live.', next: 'Lift it.', detail: null }
      return context.json({ error }, 423)
    })
    app.get('/v1/releases/12/events', () => eventStream([{ event: 'end', data: liveRelease() }]))
  })

test('a machine is refused with 77, and asks nothing but to deploy', async () => {
  const { projectDir, seen } = await frozenDirector()
  const { exitCode, out, err } = await cli(projectDir, 'deploy')
  assert.deepEqual([exitCode, out, err], [77, '', `${WORDS}\nLive.\nLift it.\n`])
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/v1/deploy'],
  )
})

test('a person at the terminal is shown the freeze, and deploys all the same', async () => {
  const { projectDir, seen } = await frozenDirector()
  const { exitCode, out } = await answering(projectDir, { question: QUESTION, answer: 'y\n' }, 'deploy')
  const shown = stripVTControlCharacters(out)
  assert.ok(shown.startsWith(`! ${WORDS}\r\n`), shown)
  assert.match(shown, /A deploy by a person leaves the freeze in force: `switchyard unfreeze` lifts it\./)
  assert.match(shown, /Release 12 is live after 42\.0 s/)
  assert.equal(exitCode, 0)
  assert.equal(JSON.parse(seen.at(1)?.body ?? '').despiteFreeze, frozen().at)
})

for (const [how, answer] of [
  ['with Enter', '\n'],
  ['with Ctrl-C', '\u0003'],
  ['with Ctrl-D', '\u0004'],
] as const) {
  test(`who answers ${how} begins nothing`, async () => {
    const { projectDir, seen } = await frozenDirector()
    const { exitCode, out } = await answering(projectDir, { question: QUESTION, answer }, 'deploy')
    assert.match(out, /\nNothing was begun\.\r\n$/)
    assert.equal(exitCode, 77)
    assert.deepEqual(
      seen.map(({ url }) => url),
      ['/v1/status'],
    )
  })
}

test('a terminal of CI is no person', async () => {
  const { projectDir, seen } = await frozenDirector()
  const { exitCode } = await answering(
    projectDir,
    { question: QUESTION, answer: 'y\n', env: { CI: 'true' } },
    'deploy',
  )
  assert.equal(exitCode, 77)
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/v1/deploy'],
  )
})

test('a person in a script says so with --despite-freeze, and is shown the freeze all the same', async () => {
  const { projectDir, seen } = await frozenDirector()
  const { exitCode, out } = await cli(projectDir, 'deploy', '--despite-freeze')
  assert.ok(out.startsWith(`! ${WORDS}\n`), out)
  assert.equal(exitCode, 0)
  assert.equal(JSON.parse(seen.at(1)?.body ?? '').despiteFreeze, frozen().at)
  const asJson = await cli(projectDir, 'deploy', '--despite-freeze', '--json')
  assert.equal(JSON.parse(asJson.out).release.id, 12)
})

test('without a freeze nobody is asked, and nothing of it is sent', async () => {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.get('/v1/status', (context) => context.json(systemStatus()))
    app.post('/v1/deploy', (context) => context.json({ release: release() }, 202))
    app.get('/v1/releases/12/events', () => eventStream([{ event: 'end', data: liveRelease() }]))
  })
  const { exitCode } = await answering(projectDir, { question: QUESTION, answer: 'n\n' }, 'deploy')
  assert.equal(exitCode, 0)
  const body = { source: { kind: 'tree' }, label: null, note: null }
  assert.deepEqual(JSON.parse(seen.at(1)?.body ?? ''), body)
})

test('a dry run of a machine ends as its deploy would, whatever else stands in the way', async () => {
  const { projectDir } = await scriptedDirector((app) => {
    app.post('/v1/plan', (context) =>
      context.json({
        ...{ verb: 'deploy', slot: 'secondary', from: 'primary', fromVersion: '1.4.0', toVersion: null },
        steps: [{ name: 'build', label: 'Build the image' }],
        findings: [
          { name: 'disk', outcome: 'refused', code: 'disk-full', sentence: 'The disk is full.' },
          { name: 'freeze', outcome: 'refused', code: 'frozen', sentence: WORDS },
        ],
        mayStart: false,
      }),
    )
  })
  const { exitCode, out } = await cli(projectDir, 'deploy', '--dry-run')
  assert.equal(exitCode, 77)
  assert.ok(out.includes(`✗ ${WORDS}\n`), out)
})

test('freeze needs a reason and sends it; unfreeze says what became of it', async () => {
  const held: FreezeOutcome = { freeze: frozen(), isChange: true, running: 12 }
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/freeze', (context) => context.json(held))
    app.post('/v1/unfreeze', (context) => context.json({ freeze: null, isChange: true, running: null }))
  })
  const bare = await cli(projectDir, 'freeze')
  assert.deepEqual([bare.exitCode, seen.length], [64, 0])
  assert.match(bare.err, /^error: required option '--reason <text>' not specified\n/)
  const freeze = await cli(projectDir, 'freeze', '--reason', 'Christmas')
  assert.deepEqual(
    [freeze.exitCode, freeze.out],
    [
      0,
      'Deploys by machines are refused from now on, until somebody lifts the freeze. Release 12 is under way and goes on.\n',
    ],
  )
  assert.deepEqual(
    [seen[0]?.url, seen[0]?.user, JSON.parse(seen[0]?.body ?? '')],
    ['/v1/freeze', 'ada', { reason: 'Christmas' }],
  )
  const unfreeze = await cli(projectDir, 'unfreeze')
  assert.deepEqual(
    [unfreeze.exitCode, unfreeze.out],
    [0, 'The freeze is lifted: machines may deploy again.\n'],
  )
  assert.deepEqual(JSON.parse((await cli(projectDir, 'unfreeze', '--json')).out).freeze, null)
})

test('status tells a freeze before anything else, with those that it came on top of, and ends as before', () => {
  const earlier = [{ ...frozen(), cause: 'manual' as const, release: null, reason: 'Christmas\u0007' }]
  const status = systemStatus({ freeze: { ...frozen(), earlier } })
  assert.deepEqual(statusLines(status, plain).slice(0, 5), [
    `! ${WORDS}`,
    '  Before that, ada froze them at 2026-03-01 10:00:04 UTC: Christmas.',
    '  Lift it: switchyard unfreeze',
    '',
    'shop: visitors get 1.4.0 from the primary slot. A rollback would bring back 1.3.0.',
  ])
  assert.equal(statusExitCode(status), 0)
})

test('a fail-over is told as one: by status, by the history, and what there is to say of a slot that is down', () => {
  const actor = { kind: 'director' as const, name: 'Fail-over' }
  const last = liveRelease({ verb: 'rollback', source: { kind: 'standby' }, actor })
  const failOver = 'primary is live and does not answer, and there is nothing to move the traffic to.'
  const lines = statusLines(systemStatus({ last, failOver }), plain)
  assert.deepEqual(lines.slice(-2), ['Release 12: fail-over to secondary, succeeded, 4m ago.', failOver])
  const [, row = ''] = historyLines({ releases: [last], barred: [] }, Date.parse('2026-03-01T10:05:00.000Z'))
  assert.match(row, /^12 +succeeded +fail-over +1\.5\.0 .+ the director /)
})
