import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { slotHealth } from '../health/slot-health.ts'
import { readGeneration } from '../nginx/read-generation.ts'
import { writeGeneration } from '../nginx/switch.ts'
import { drainSlot } from './drain.ts'
import { ReleaseError } from './errors.ts'
import type { RoutingState, SlotContainer } from './ports.ts'
import { NO_ROUTING } from './routing.ts'

const PROBE_TIMEOUT_MS = 200

const container = (state: SlotContainer['state']): SlotContainer => ({
  id: 'a'.repeat(64),
  name: 'env-secondary',
  state,
  startedAt: null,
  restarts: 0,
  image: 'switchyard/shop:b1',
  release: 1,
})

const BOTH_UP: RoutingState = {
  ...NO_ROUTING,
  generation: 1,
  live: 'primary',
  up: ['primary', 'secondary'],
  release: 1,
}

/** Routing on disk as nginx reads it, and a slot that answers as `listener` does; without one it refuses connections. */
async function yard(listener: RequestListener | null, state: SlotContainer['state'], drainCapMs = 600) {
  const liveDir = mkdtempSync(join(tmpdir(), 'drain-'))
  after(() => rmSync(liveDir, { recursive: true }))
  await writeGeneration(liveDir, BOTH_UP)
  const server = createServer(listener ?? undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address !== 'string')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  if (listener) after(close)
  else await close()
  const lines: string[] = []
  const parts = {
    traffic: {
      read: () => readGeneration(liveDir),
      write: (next: RoutingState) => writeGeneration(liveDir, next),
    },
    health: slotHealth({
      addressOf: () => '127.0.0.1',
      settings: { port: address.port, probeTimeoutMs: PROBE_TIMEOUT_MS },
    }),
    slots: { inspect: async () => container(state) },
    settings: { drainCapMs },
  }
  const drain = (slot: 'primary' | 'secondary') =>
    drainSlot(parts, slot, 2, (line) => lines.push(line), AbortSignal.timeout(10_000))
  return { drain, lines, routing: parts.traffic.read }
}

const answering =
  (inFlight: () => number, kinds: { upload: number; stream: number } | null = null): RequestListener =>
  (_request, response) => {
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        status: 'operational',
        timestamp: new Date().toISOString(),
        version: '1.0.0',
        slot: 'secondary',
        release: 1,
        deploymentId: null,
        uptimeSeconds: 1,
        inFlight: inFlight() + (kinds?.upload ?? 0),
        ...(kinds === null ? {} : { inFlightByKind: { request: inFlight(), ...kinds } }),
        checks: {},
      }),
    )
  }

test('the live slot is never taken out of the routing', async () => {
  const { drain, routing } = await yard(null, 'running')
  await assert.rejects(drain('primary'), (error: unknown) => {
    assert.ok(error instanceof ReleaseError)
    assert.equal(error.facts.reason, 'primary is live, so it can not be drained.')
    return true
  })
  assert.deepEqual(await routing(), BOTH_UP)
})

test('a slot is out of the routing before it is waited for, and quiet for a second before it is let go', async () => {
  let left = 3
  const { drain, lines, routing } = await yard(
    answering(() => Math.max(0, left--)),
    'running',
    10_000,
  )
  assert.match(await drain('secondary'), /^quiet after [1-9]\.\d s$/)
  assert.deepEqual((await routing())?.up, ['primary'])
  assert.deepEqual(lines, [
    'secondary has 3 requests in flight',
    'secondary has 2 requests in flight',
    'secondary has 1 request in flight',
    'secondary has nothing in flight',
  ])
})

test('a slot that is too busy to answer in time is waited for until the cap', async () => {
  const { drain, lines } = await yard(() => undefined, 'running')
  assert.equal(
    await drain('secondary'),
    'after 0.6 s secondary does not say what it has in flight; it is stopped all the same',
  )
  assert.deepEqual(lines, ['secondary does not say what it has in flight'])
})

test('one slow answer does not end the wait', async () => {
  let asked = 0
  const sound = answering(() => (asked < 3 ? 1 : 0))
  const { drain } = await yard(
    (request, response) => (++asked === 1 ? undefined : sound(request, response)),
    'running',
    10_000,
  )
  assert.match(await drain('secondary'), /^quiet after [1-9]\.\d s$/)
  assert.ok(asked > 3)
})

test('a refused connection, or a container that does not run, is not waited for', async () => {
  const refusing = await yard(null, 'running')
  assert.equal(await refusing.drain('secondary'), 'secondary does not run')
  const silent = await yard(() => undefined, 'exited')
  assert.equal(await silent.drain('secondary'), 'secondary does not run')
})

test('event streams are not waited for, and told to reconnect', async () => {
  const { drain, lines } = await yard(
    answering(() => 0, { upload: 0, stream: 3 }),
    'running',
    10_000,
  )
  assert.match(await drain('secondary'), /^quiet after [1-9]\.\d s; 3 event streams are told to reconnect$/)
  assert.deepEqual(lines, ['secondary has nothing in flight, and 3 event streams open'])
})

test('the cap says by kind what it does not wait for any longer', async () => {
  const { drain } = await yard(
    answering(() => 2, { upload: 1, stream: 1 }),
    'running',
  )
  assert.equal(
    await drain('secondary'),
    'after 0.6 s secondary has 2 requests and 1 upload in flight, and 1 event stream open; it is stopped all the same; 1 event stream is told to reconnect',
  )
})
