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

type Slot = { child: ChildProcess; port: number; read: () => Promise<StatusPayload> }

/** A process of its own, for signals and exits are what is tested. */
async function startSlot(environment: Record<string, string> = {}): Promise<Slot> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../test/fixtures/plain-slot.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SLOT: 'primary', SWITCHYARD_RELEASE: '7', ...environment },
  })
  children.push(child)
  if (!child.stdout) throw new Error('The slot has no output.')
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(5_000) })
  const port = Number(String(line))
  const read = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/api/system/status`, {
      headers: { connection: 'close' },
    })
    return response.json()
  }
  return { child, port, read }
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

const exited = async (child: ChildProcess) => once(child, 'exit', { signal: AbortSignal.timeout(5_000) })

test('what is in flight is counted by kind, without the question itself', async () => {
  const slot = await startSlot()
  const agent = new http.Agent({ keepAlive: true })
  assert.equal((await slot.read()).inFlight, 0)
  const first = open(slot.port, '/slow?ms=400', agent)
  const second = open(slot.port, '/slow?ms=400', agent)
  const stream = await open(slot.port, '/events', agent, { accept: 'text/event-stream' })
  await until(async () => (await slot.read()).inFlight === 2)
  assert.deepEqual((await slot.read()).inFlightByKind, { request: 2, upload: 0, stream: 1 })
  for (const response of await Promise.all([first, second])) response.resume()
  await until(async () => (await slot.read()).inFlight === 0)
  stream.destroy()
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

test('a stopping slot ends its streams, finishes what it has begun, and does not wait for kept-alive connections', async () => {
  const slot = await startSlot()
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

test('a request that never ends is cut at the cap', async () => {
  const slot = await startSlot({ TEST_DRAIN_CAP_MS: '300' })
  const agent = new http.Agent({ keepAlive: true })
  const cut = open(slot.port, '/slow?ms=60000', agent)
  const wasCut = assert.rejects(cut, { code: 'ECONNRESET' })
  await until(async () => (await slot.read()).inFlight === 1)
  const exit = exited(slot.child)
  slot.child.kill('SIGTERM')
  const [code] = await exit
  assert.equal(code, 1)
  await wasCut
})
