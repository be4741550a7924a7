import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_CODES, type ErrorCode, ReleaseError, releaseErrorSchema } from './errors.ts'
import { describeError } from './messages.ts'

const LIVE = 'Visitors get 1.4.0 from the primary slot, as before.'

for (const code of ERROR_CODES) {
  test(`"${code}" says in whole sentences what happened and what to do`, () => {
    const body = describeError(new ReleaseError(code), LIVE)
    assert.match(body.what, /^([A-Z]|nginx |docker-compose).*\.$/)
    assert.match(body.next, /^[A-Z].*\.$/)
    assert.ok([LIVE, ''].includes(body.live))
  })
}

test('what is live is left out where nothing was to change for visitors, or a stranger may ask', () => {
  const silent = ERROR_CODES.filter((code) => describeError(new ReleaseError(code), LIVE).live === '')
  assert.deepEqual(silent, [
    'nginx-unreachable',
    'build-unknown',
    'build-nameless',
    'nothing-running',
    'not-running',
    'bad-request',
    'too-large',
    'too-many-streams',
    'signed-out',
    'wrong-password',
    'too-many-attempts',
    'last-operator',
    'setup-link',
    'origin',
    'protocol',
    'not-found',
  ])
})

const SENTENCES: [ErrorCode, Record<string, string>, string][] = [
  ['busy', { who: 'ada', verb: 'deploy', since: '10:02' }, 'ada is busy with deploy since 10:02.'],
  [
    'busy',
    { who: 'ada', verb: 'deploy', since: '10:02', release: '7' },
    'ada is busy with deploy (release 7) since 10:02.',
  ],
  ['ref-unknown', { ref: 'v9' }, 'The project has no git ref "v9".'],
  ['ref-unknown', { ref: 'v9', reason: 'it is far' }, 'The project has no git ref "v9": it is far.'],
  ['image-missing', { image: 'shop:9' }, 'There is no image "shop:9" on this host.'],
  [
    'image-missing',
    { image: 'shop:9', reason: 'no route to host' },
    'The image "shop:9" could not be pulled: no route to host.',
  ],
  ['past-commit', { release: '7' }, "Release 7 has already moved the traffic and can't be aborted."],
  [
    'live-changed',
    { seen: '5', live: '6' },
    'Release 6 is live by now, not release 5, so this rollback was not begun.',
  ],
  [
    'not-running',
    { asked: '5', running: '6' },
    'Release 5 is not under way any more; release 6 is, and goes on.',
  ],
  ['build-unknown', { build: 'b9' }, 'No release has made or taken a build "b9".'],
  [
    'build-live',
    { version: '1.5.0', build: 'b8-2b3c4d5' },
    '1.5.0 (b8-2b3c4d5) is what visitors get, so it can not be barred.',
  ],
  [
    'build-barred',
    { version: '1.4.0', build: 'b7-1a2b3c4', who: 'ada', since: '2026-03-01 10:00:04 UTC' },
    '1.4.0 (b7-1a2b3c4) is barred by ada since 2026-03-01 10:00:04 UTC.',
  ],
  ['setup-link', { problem: 'used' }, 'This set-up link has been used already.'],
  ['setup-link', { problem: 'expired' }, 'This set-up link has expired.'],
]

for (const [code, facts, what] of SENTENCES) {
  test(`"${code}" names what it is about: ${what}`, () => {
    assert.equal(describeError(new ReleaseError(code, facts), LIVE).what, what)
  })
}

test('an error of a newer director keeps its sentences, whatever its code is', () => {
  const body = { code: 'from-the-future', what: 'What.', live: 'Live.', next: 'Next.', detail: null }
  assert.deepEqual(releaseErrorSchema.parse(body), { ...body, code: 'internal' })
})
