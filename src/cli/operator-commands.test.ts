import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../../test/fixtures/command-line.ts'
import { scriptedDirector } from '../../test/fixtures/scripted-director.ts'
import type { SessionView } from '../director/operators-protocol.ts'

const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString()

const SESSION: SessionView = {
  ...{ id: 'Zk3aQ9mLx2', name: 'Ada', email: 'ada@example.org', isOwn: false },
  ...{ since: hoursAgo(3), expiresAt: hoursAgo(-9), address: '198.51.100.1', browser: 'Firefox' },
  ...{ lastUsedAt: hoursAgo(1), lastAddress: '203.0.113.9\u001b[31m' },
}

test('sessions are listed with what tells a stolen one, and nothing in them drives the terminal', async () => {
  const { projectDir } = await scriptedDirector((app) => {
    app.get('/v1/sessions', (context) => context.json({ sessions: [SESSION] }))
  })
  const { exitCode, out } = await cli(projectDir, 'sessions')
  assert.equal(exitCode, 0)
  assert.deepEqual(
    out.split('\n').map((line) => line.trimEnd()),
    [
      'session   operator               since   from          last used  from         browser',
      'Zk3aQ9mL  Ada <ada@example.org>  3h ago  198.51.100.1  1h ago     203.0.113.9  Firefox',
      '',
    ],
  )
})

test('one session is ended, or all, and never by leaving out which', async () => {
  const sentence = 'The session of Ada from 198.51.100.1 has ended.'
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/sessions/end', (context) => context.json({ ended: 1, sentence }))
  })
  assert.equal((await cli(projectDir, 'sessions', 'end', 'Zk3aQ9mL')).out, `${sentence}\n`)
  await cli(projectDir, 'sessions', 'end', '--all')
  assert.deepEqual(
    seen.map(({ body }) => JSON.parse(body)),
    [{ id: 'Zk3aQ9mL' }, { which: 'all' }],
  )
  for (const args of [[], ['Zk3aQ9mL', '--all']]) {
    const { exitCode, err } = await cli(projectDir, 'sessions', 'end', ...args)
    assert.equal(exitCode, 64)
    assert.match(err, /^The request is not right: name one session, or say --all\.\n/)
  }
  assert.equal(seen.length, 2)
})

test('an operator is removed, and the last one only where that is said', async () => {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.get('/v1/operators', (context) => context.json({ operators: [] }))
    app.post('/v1/operators/remove', (context) => context.json({ ended: 0, sentence: 'Gone.' }))
    app.post('/v1/bar', (context) => context.json({ error: 'not asked' }, 500))
  })
  assert.equal(
    (await cli(projectDir, 'operators')).out,
    'There is no operator yet: `switchyard setup-link` makes one.\n',
  )
  await cli(projectDir, 'operators', 'remove', 'ada@example.org')
  await cli(projectDir, 'operators', 'remove', 'ada@example.org', '--even-last')
  assert.deepEqual(
    seen.slice(1).map(({ body }) => JSON.parse(body)),
    [
      { email: 'ada@example.org', evenLast: false },
      { email: 'ada@example.org', evenLast: true },
    ],
  )
})
