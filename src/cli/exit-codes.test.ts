import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { cli } from '../../test/fixtures/command-line.ts'
import { scriptedDirector } from '../../test/fixtures/scripted-director.ts'
import type { ErrorCode } from '../release/errors.ts'

const projectDir = mkdtempSync(join(tmpdir(), 'switchyard-cli-'))
after(() => rmSync(projectDir, { recursive: true, force: true }))

const REFUSALS: [ErrorCode, 401 | 409 | 422 | 423 | 500 | 503, number][] = [
  ['busy', 409, 75],
  ['docker-unreachable', 503, 69],
  ['frozen', 423, 77],
  ['image-not-allowed', 422, 1],
  ['no-standby', 409, 1],
  ['routing-edited', 422, 2],
  ['internal', 500, 2],
]

for (const [code, status, expected] of REFUSALS) {
  test(`a refusal "${code}" is shown as the console shows it and ends with ${expected}`, async () => {
    const error = { code, what: 'What happened.', live: 'What is live.', next: 'What to do.', detail: 'a\nb' }
    const director = await scriptedDirector((app) => {
      app.post('/v1/rollback', (context) => context.json({ error }, status))
    })
    const spoken = await cli(director.projectDir, 'rollback')
    assert.deepEqual(spoken, {
      exitCode: expected,
      out: '',
      err: 'What happened.\nWhat is live.\nWhat to do.\n\n  a\n  b\n',
    })
  })
}

test('with --json a refusal is the answer itself', async () => {
  const error = {
    code: 'busy',
    what: 'What happened.',
    live: 'What is live.',
    next: 'What to do.',
    detail: null,
  }
  const director = await scriptedDirector((app) => {
    app.post('/v1/rollback', (context) => context.json({ error }, 409))
  })
  const { exitCode, out, err } = await cli(director.projectDir, 'rollback', '--json')
  assert.deepEqual([exitCode, JSON.parse(out), err], [75, { error }, ''])
})

/** A project that set-up has applied on a network with `prefix`, or not at all; its director's socket is dead, or not there. */
function without(directorSocket: 'dead' | 'none', prefix: string | null): string {
  const directory = mkdtempSync(join(tmpdir(), 'switchyard-cli-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  mkdirSync(join(directory, 'state/run/host'), { recursive: true })
  if (prefix !== null)
    writeFileSync(join(directory, 'state/deployment_state.env'), `NETWORK_PREFIX=${prefix}\n`)
  if (directorSocket === 'dead') {
    const listen = `require('net').createServer().listen('${directory}/state/run/host/director.sock', () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', listen])
  }
  return directory
}

/** An address of this machine's own, as a running container's network has one. */
const HERE = '127.0.0'
const NOWHERE = '203.0.113'

test('where the system is down every command says so and ends with 69', async () => {
  assert.deepEqual(await cli(without('none', NOWHERE), 'status'), {
    exitCode: 69,
    out: '',
    err: 'Switchyard is not up here: its containers do not run, so it serves nobody.\nBring the system up with `npm run up`, then try again.\n',
  })
  assert.deepEqual(await cli(without('none', null), 'deploy'), {
    exitCode: 69,
    out: '',
    err: 'Switchyard is not up here: it was never set up.\nBring the system up with `npm run up`, then try again.\n',
  })
})

test('where the director alone is away, what visitors get is said as well', async () => {
  assert.deepEqual(await cli(without('none', HERE), 'status'), {
    exitCode: 69,
    out: '',
    err: `The release director does not answer on its socket.
nginx needs no director: while it runs, visitors are served.
Bring the system up with \`npm run up\`, then try again.

  connect ENOENT state/run/host/director.sock
`,
  })
  assert.deepEqual(await cli(without('dead', NOWHERE), 'status'), {
    exitCode: 69,
    out: '',
    err: `The release director does not answer on its socket.
nginx needs no director: while it runs, visitors are served.
Look at the log of the container release-director, then try again.

  connect ECONNREFUSED state/run/host/director.sock
`,
  })
})

const SEE_HELP = 'Run `switchyard --help` to see what there is.\n'
const MISTAKES: [string[], string][] = [
  [['deploy', '--lable', '1.5'], `error: unknown option '--lable'\n(Did you mean --label?)\n${SEE_HELP}`],
  [['deplyo'], `error: unknown command 'deplyo'\n(Did you mean deploy?)\n${SEE_HELP}`],
  [
    ['deploy', '--ref', 'main', '--image', 'shop:9'],
    `error: option '--ref <ref>' cannot be used with option '--image <image>'\n${SEE_HELP}`,
  ],
  [
    ['deploy', 'main'],
    `error: too many arguments for 'deploy'. Expected 0 arguments but got 1.\n${SEE_HELP}`,
  ],
  [
    ['history', '--limit', '0'],
    `error: option '--limit <n>' argument '0' is invalid. It must be a whole number from 1 to 100.\n${SEE_HELP}`,
  ],
  [
    ['logs', 'third'],
    `error: command-argument value 'third' is invalid for argument 'release|slot'. It must be the number of a release, primary or secondary.\n${SEE_HELP}`,
  ],
  [
    ['deploy', '--no-console'],
    'The request is not right: --no-console goes with --image only.\nCorrect it, then send it again.\n',
  ],
  [
    ['deploy', '--label', 'a b'],
    'The request is not right: --label: A version label is up to 64 letters, digits, dots, dashes and underscores.\nCorrect it, then send it again.\n',
  ],
]

for (const [args, sentence] of MISTAKES) {
  test(`switchyard ${args.join(' ')}: usage, 64`, async () => {
    assert.deepEqual(await cli(projectDir, ...args), { exitCode: 64, out: '', err: sentence })
  })
}

test('help is asked for with 0, and shown for want of a command with 64', async () => {
  const asked = await cli(projectDir, '--help')
  assert.equal(asked.exitCode, 0)
  assert.match(
    asked.out,
    /Exit codes: 0 done; 1 failed, and visitors are served as before; 2 needs attention; 64 usage;/,
  )
  const missing = await cli(projectDir)
  assert.deepEqual([missing.exitCode, missing.out], [64, ''])
})
