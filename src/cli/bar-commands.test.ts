import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../../test/fixtures/command-line.ts'
import { barOf, build, scriptedDirector } from '../../test/fixtures/scripted-director.ts'
import type { BarOutcome } from '../release/bar.ts'

const OUTCOME: BarOutcome = {
  ...{ deploymentId: 'b10-1a2b3c4', version: '1.3.0', bar: barOf(build('1.3.0', 10)), isChange: true },
  ...{ slot: 'secondary', isInReach: false, live: '1.4.0', tookMs: 12 },
}

test('bar says what becomes of open tabs, and sends the reason along', async () => {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/bar', (context) => context.json(OUTCOME))
  })
  const { exitCode, out, err } = await cli(projectDir, 'bar', 'b10-1a2b3c4', '--reason', 'CVE-2026-1234')
  assert.equal(
    out,
    '1.3.0 is barred. Its open tabs get 1.4.0 at their next request; a stream that is open goes on until secondary is reused or stopped.\n',
  )
  assert.deepEqual([exitCode, err], [0, ''])
  assert.deepEqual([seen[0]?.url, seen[0]?.user], ['/v1/bar', 'ada'])
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { build: 'b10-1a2b3c4', reason: 'CVE-2026-1234' })
})

test('unbar says that the slot stands by again, and with --json the outcome is the answer', async () => {
  const outcome: BarOutcome = { ...OUTCOME, bar: null, isInReach: true }
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/unbar', (context) => context.json(outcome))
  })
  const spoken = await cli(projectDir, 'unbar', 'b10-1a2b3c4')
  assert.deepEqual(
    [spoken.exitCode, spoken.out],
    [0, '1.3.0 may be used again: secondary stands by, and tabs that still run 1.3.0 are back there.\n'],
  )
  const { out } = await cli(projectDir, 'unbar', 'b10-1a2b3c4', '--json')
  assert.deepEqual(JSON.parse(out), outcome)
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { build: 'b10-1a2b3c4' })
})

for (const [code, status, expected] of [
  ['build-live', 409, 1],
  ['build-unknown', 404, 1],
  ['routing-unconfirmed', 503, 2],
] as const) {
  test(`a bar that is refused as ${code} ends with ${expected}`, async () => {
    const error = { code, what: 'What happened.', live: 'What is live.', next: 'What to do.', detail: null }
    const { projectDir } = await scriptedDirector((app) => {
      app.post('/v1/bar', (context) => context.json({ error }, status))
    })
    const spoken = await cli(projectDir, 'bar', 'b1')
    assert.deepEqual(spoken, {
      exitCode: expected,
      out: '',
      err: 'What happened.\nWhat is live.\nWhat to do.\n',
    })
  })
}

test('what is mistyped is answered with what is near', async () => {
  const { projectDir, seen } = await scriptedDirector(() => undefined)
  const seeHelp = 'Run `switchyard --help` to see what there is.\n'
  for (const [args, said] of [
    [['barr', 'b1'], "error: unknown command 'barr'\n(Did you mean bar?)\n"],
    [['unbra', 'b1'], "error: unknown command 'unbra'\n(Did you mean unbar?)\n"],
    [['bar'], "error: missing required argument 'build'\n"],
    [['bar', 'b1', '--raeson', 'x'], "error: unknown option '--raeson'\n(Did you mean --reason?)\n"],
  ] as const) {
    const { exitCode, err } = await cli(projectDir, ...args)
    assert.deepEqual([exitCode, err], [64, `${said}${seeHelp}`])
  }
  assert.deepEqual(seen, [])
})
