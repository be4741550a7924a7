import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { StatusPayload } from '../release/status-payload.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

type Slot = {
  child: ChildProcess
  port: number
  read: () => Promise<StatusPayload>
  /** What it has printed. */
  output: () => string
}

const PRELOAD = ['--require', join(import.meta.dirname, 'preload/main.cjs')]
const PLAIN_SLOT = join(import.meta.dirname, '../../test/fixtures/plain-slot.ts')
/** As the image says. */
const IN_IMAGE = { NEXT_MANUAL_SIG_HANDLE: '1' }

/** A process of its own, for signals and exits are what is tested. */
async function startSlot(environment: Record<string, string> = {}, options = PRELOAD): Promise<Slot> {
  const child = spawn(process.execPath, [...options, PLAIN_SLOT], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SLOT: 'primary', SWITCHYARD_RELEASE: '7', ...environment },
  })
  children.push(child)
  if (!child.stdout || !child.stderr) throw new Error('The slot has no output.')
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(5_000) })
  const port = Number(String(line))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const read = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/api/system/status`, {
      headers: { connection: 'close' },
    })
    return response.json()
  }
  return { child, port, read, output: () => output }
}

function open(port: number, path: string, agent: http.Agent, headers: http.OutgoingHttpHeaders = {}) {
  const answered = Promise.withResolvers<http.IncomingMessage>()
  http.get({ host: '127.0.0.1', port, path, agent, headers }, answered.resolve).on('error', answered.reject)
  return answered.promise
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(5_000)
  while (!(await isTrue())) await delay(10, undefined, { signal: deadline })
}

const NOTHING = { request: 0, upload: 0, download: 0, background: 0, stream: 0, socket: 0 }

const exited = async (child: ChildProcess) => once(child, 'exit', { signal: AbortSignal.timeout(5_000) })

test('what is in flight is counted by kind, without the question itself, be it asked by the console', async () => {
  const slot = await startSlot()
  const agent = new http.Agent({ keepAlive: true })
  assert.equal((await slot.read()).inFlight, 0)
  const console = open(slot.port, '/api/ops/status?ms=400', agent)
  const first = open(slot.port, '/slow?ms=400', agent)
  const second = open(slot.port, '/slow?ms=400', agent)
  const stream = await open(slot.port, '/events', agent, { accept: 'text/event-stream' })
  await until(async () => (await slot.read()).inFlight === 2)
  assert.deepEqual((await slot.read()).inFlightByKind, { ...NOTHING, request: 2, stream: 1 })
  for (const response of await Promise.all([console, first, second])) response.resume()
  await until(async () => (await slot.read()).inFlight === 0)
  stream.destroy()
})

test('an answer that is still being sent after two seconds is a download', async () => {
  const slot = await startSlot()
  const agent = new http.Agent()
  const response = await open(slot.port, '/download?ms=60000', agent)
  assert.deepEqual((await slot.read()).inFlightByKind, { ...NOTHING, request: 1 })
  await until(async () => (await slot.read()).inFlightByKind?.download === 1)
  assert.equal((await slot.read()).inFlight, 1)
  response.destroy()
  await until(async () => (await slot.read()).inFlight === 0)
})

test('a WebSocket is counted, and not waited for', async () => {
  const slot = await startSlot()
  await slot.read()
  const upgrade = http.get({
    host: '127.0.0.1',
    port: slot.port,
    headers: { connection: 'Upgrade', upgrade: 'websocket' },
  })
  const [, socket] = await once(upgrade, 'upgrade')
  const { inFlight, inFlightByKind } = await slot.read()
  assert.deepEqual({ inFlight, inFlightByKind }, { inFlight: 0, inFlightByKind: { ...NOTHING, socket: 1 } })
  socket.destroy()
  await until(async () => (await slot.read()).inFlightByKind?.socket === 0)
})

test('work after an answer is in flight until it is done', async () => {
  const slot = await startSlot(IN_IMAGE)
  assert.equal((await open(slot.port, '/after?ms=300', new http.Agent())).statusCode, 200)
  const { inFlight, inFlightByKind } = await slot.read()
  assert.deepEqual(
    { inFlight, inFlightByKind },
    { inFlight: 1, inFlightByKind: { ...NOTHING, background: 1 } },
  )
  await until(async () => (await slot.read()).inFlight === 0)
  assert.match(slot.output(), /the work after the answer is done/)
})

test('a request whose client has gone away is not in flight any more', async () => {
  const slot = await startSlot()
  const request = http
    .get({ host: '127.0.0.1', port: slot.port, path: '/slow?ms=60000' })
    .on('error', () => undefined)
  await until(async () => (await slot.read()).inFlight === 1)
  request.destroy()
  await until(async () => (await slot.read()).inFlight === 0)
})

for (const [whose, environment, options] of [
  ['whose process is ended for it', IN_IMAGE, PRELOAD],
  ['that has its own ending and the preload', { TEST_ENDS_ITSELF: '1' }, PRELOAD],
  ['that knows nothing of stopping', {}, PRELOAD],
  ['that was started without the preload', IN_IMAGE, []],
] as const) {
  test(`a stopping slot ${whose} ends its streams, finishes what it has begun, and does not wait for kept-alive connections`, async () => {
    const slot = await startSlot(environment, [...options])
    const agent = new http.Agent({ keepAlive: true })
    const stream = await open(slot.port, '/events', agent, { accept: 'text/event-stream' })
    const streamEnded = once(stream.resume(), 'end')
    const slow = open(slot.port, '/slow?ms=500', agent)
    await until(async () => (await slot.read()).inFlight === 1)
    const stoppedMs = performance.now()
    const exit = exited(slot.child)
    slot.child.kill('SIGTERM')
    await streamEnded
    const response = await slow
    assert.equal(response.statusCode, 200)
    response.resume()
    const [code] = await exit
    assert.equal(code, 143)
    assert.ok(performance.now() - stoppedMs < 1_500, 'the keep-alive time of 75 s must not be waited for')
    agent.destroy()
  })
}

test('a stopping slot finishes the work after its answers, takes no more, and leaves a deaf stream after a second', async () => {
  const slot = await startSlot(IN_IMAGE)
  const agent = new http.Agent({ keepAlive: true })
  const deaf = await open(slot.port, '/deaf-events', agent, { accept: 'text/event-stream' })
  const deafEnded = new Promise((resolve) => deaf.on('error', resolve).resume())
  await open(slot.port, '/after?ms=1500', new http.Agent())
  const exit = exited(slot.child)
  slot.child.kill('SIGTERM')
  await until(async () =>
    open(slot.port, '/slow?ms=0', new http.Agent()).then(
      () => false,
      () => true,
    ),
  )
  const [code] = await exit
  assert.equal(code, 143)
  assert.match(slot.output(), /the work after the answer is done/)
  await deafEnded
})

test('what never ends is cut at the cap, and the slot says what that was', async () => {
  const slot = await startSlot({ ...IN_IMAGE, TEST_DRAIN_CAP_MS: '300' }, [])
  const agent = new http.Agent({ keepAlive: true })
  const cut = open(slot.port, '/slow?ms=60000', agent)
  const wasCut = assert.rejects(cut, { code: 'ECONNRESET' })
  await open(slot.port, '/after?ms=60000', new http.Agent())
  await until(async () => (await slot.read()).inFlight === 2)
  const exit = exited(slot.child)
  slot.child.kill('SIGTERM')
  const [code] = await exit
  assert.equal(code, 1)
  await wasCut
  assert.match(slot.output(), /^Stopping took 0\.3 s; cut: 1 request and 1 background task\.$/m)
})
