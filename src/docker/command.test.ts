import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ReleaseError } from '../release/errors.ts'
import { type Command, runCommand } from './command.ts'

const NODE = process.execPath

/** A process that has ended may still wait for its new parent to take note. */
function isRunning(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

function command(script: string, options: Partial<Command> = {}): Command {
  return {
    argv: [NODE, '-e', script],
    cwd: tmpdir(),
    env: { PATH: '/usr/bin:/bin' },
    signal: new AbortController().signal,
    timeoutMs: 20_000,
    ...options,
  }
}

test('lines of both streams go to the log, and a bad exit code is an answer', async () => {
  const logged: string[] = []
  const result = await runCommand(
    command("console.log('\\u001b[1mout\\u001b[0m'); console.error('err'); process.exitCode = 3", {
      log: (line) => logged.push(line),
    }),
  )
  assert.equal(result.code, 3)
  assert.deepEqual(logged.sort(), ['err', 'out'])
  assert.deepEqual(result.lines.sort(), ['err', 'out'])
})

test('the environment is what was given and nothing else', async () => {
  const { captured } = await runCommand(
    command('console.log(process.env.HOME, process.env.GIVEN)', { env: { GIVEN: 'yes' }, stdout: 'capture' }),
  )
  assert.equal(captured.toString(), 'undefined yes\n')
})

test('bytes pass through from a stream to a stream', async () => {
  const stdout = new PassThrough()
  const passed = text(stdout)
  await runCommand(
    command('process.stdin.pipe(process.stdout)', { stdin: Readable.from(['a', 'b']), stdout }),
  )
  assert.equal(await passed, 'ab')
})

test('a program that does not read its input ends with its own exit code', async () => {
  const stdin = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(65_536)))
  const { code } = await runCommand(command('process.exit(4)', { stdin }))
  assert.equal(code, 4)
})

test('an abort ends the program and what it has started, and throws once they are gone', async () => {
  const abort = new AbortController()
  const seen = new PassThrough()
  const script = `
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
    console.log(child.pid)
    setInterval(() => {}, 1000)`
  const running = runCommand(command(script, { signal: abort.signal, stdout: seen }))
  const [pid] = await once(seen, 'data')
  abort.abort()
  await assert.rejects(running, (error: unknown) => error instanceof ReleaseError && error.code === 'aborted')
  const deadlineMs = performance.now() + 2_000
  while (isRunning(String(pid).trim()) && performance.now() < deadlineMs) await setImmediate()
  assert.equal(isRunning(String(pid).trim()), false)
})

test('a program that ignores the request to end is killed after five seconds', async () => {
  const abort = new AbortController()
  const seen = new PassThrough()
  const script = "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)"
  const running = runCommand(command(script, { signal: abort.signal, stdout: seen }))
  await once(seen, 'data')
  const startedMs = performance.now()
  abort.abort(new ReleaseError('aborted', { who: 'Ada' }))
  await assert.rejects(
    running,
    (error: unknown) => error instanceof ReleaseError && error.facts.who === 'Ada',
  )
  assert.ok(performance.now() - startedMs < 8_000)
})

test('what takes too long, writes too much or is not there fails in one sentence', async () => {
  await assert.rejects(runCommand(command('setInterval(() => {}, 1000)', { timeoutMs: 1_000 })), {
    name: 'CommandFailure',
    message: `${NODE} took longer than 1 second`,
  })
  await assert.rejects(
    runCommand(command("process.stdout.write('x'.repeat(17 * 1024 * 1024))", { stdout: 'capture' })),
    {
      message: `${NODE} wrote more than 16 MiB`,
    },
  )
  await assert.rejects(runCommand(command('', { argv: ['no-such-program'], stdin: Readable.from(['x']) })), {
    message: 'no-such-program can not be started: spawn no-such-program ENOENT',
  })
})

test('output without end is logged up to a cap', async () => {
  let length = 0
  let last = ''
  await runCommand(
    command(
      "const line = 'x'.repeat(4000) + '\\n'; for (let i = 0; i < 3000; i++) process.stdout.write(line)",
      {
        log: (line) => {
          length += line.length
          last = line
        },
      },
    ),
  )
  assert.ok(length < 8.5 * 1024 * 1024)
  assert.equal(last, 'Further output of this program is left out: it is too long.')
})
