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
import type { LogSink, RoutingState, SlotContainer } from './ports.ts'
import { NO_ROUTING } from './routing.ts'
import type { Slot } from './slot.ts'
import { type InFlightByKind, waitedFor } from './status-payload.ts'

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
  const stops: string[] = []
  const parts = {
    traffic: {
      read: () => readGeneration(liveDir),
      write: (next: RoutingState) => writeGeneration(liveDir, next),
    },
    health: slotHealth({
      addressOf: () => '127.0.0.1',
      settings: { port: address.port, probeTimeoutMs: PROBE_TIMEOUT_MS },
    }),
    slots: {
      inspect: async () => container(state),
      stop: async (slot: Slot, _log: LogSink, _signal: AbortSignal, graceMs?: number) => {
        stops.push(`${slot} within ${graceMs} ms`)
      },
    },
    settings: { drainCapMs },
  }
  const drain = (slot: 'primary' | 'secondary') =>
    drainSlot(parts, slot, 2, (line) => lines.push(line), AbortSignal.timeout(10_000))
  return { drain, lines, stops, routing: parts.traffic.read }
}

const NOTHING = { request: 0, upload: 0, download: 0, background: 0, stream: 0, socket: 0 }

/** A slot whose answers are in turn those of `looks`; the last one goes on. */
function answering(
  ...looks: { inFlight: number; inFlightByKind?: Partial<InFlightByKind> }[]
): RequestListener {
  let asked = 0
  return (_request, response) => {
    const look = looks[Math.min(asked++, looks.length - 1)]
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        status: 'operational',
        timestamp: new Date().toISOString(),
        version: '1.0.0',
        slot: 'secondary',
        release: 1,
        deploymentId: null,
        uptimeSeconds: 1,
        checks: {},
        ...look,
      }),
    )
  }
}

/** An app that tells the kinds. */
function byKind(some: Partial<InFlightByKind>): { inFlight: number; inFlightByKind: InFlightByKind } {
  const inFlightByKind = { ...NOTHING, ...some }
  return { inFlight: waitedFor(inFlightByKind), inFlightByKind }
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
  const three = byKind({ request: 3 })
  const { drain, lines, stops, routing } = await yard(
    answering(...Array(7).fill(three), byKind({ request: 1 }), byKind({})),
    'running',
    10_000,
  )
  assert.match(await drain('secondary'), /^quiet after [23]\.\d s, when 3 requests had ended$/)
  assert.deepEqual((await routing())?.up, ['primary'])
  assert.equal(lines[0], 'secondary has 3 requests in flight')
  assert.equal(lines.at(-1), 'secondary has nothing in flight')
  assert.ok(lines.length <= 3, lines.join())
  assert.deepEqual(stops, [])
})

test('an app that tells no kinds, or more in flight than its kinds, is waited for all the same', async () => {
  const plain = await yard(answering({ inFlight: 1 }, { inFlight: 0 }), 'running', 10_000)
  assert.match(await plain.drain('secondary'), /^quiet after 1\.\d s, when 1 request had ended$/)
  const rest = { request: 0, upload: 1, stream: 0 }
  const more = await yard(
    answering({ inFlight: 3, inFlightByKind: rest }, { inFlight: 0, inFlightByKind: { ...rest, upload: 0 } }),
    'running',
    10_000,
  )
  assert.match(await more.drain('secondary'), /^quiet after 1\.\d s, when 2 requests and 1 upload had ended$/)
})

test('a slot that is too busy to answer in time is waited for until the cap', async () => {
  const { drain, lines, stops } = await yard(() => undefined, 'running')
  assert.equal(
    await drain('secondary'),
    'after 0.6 s secondary does not say what it has in flight; it is stopped all the same',
  )
  assert.deepEqual(lines, ['secondary does not say what it has in flight'])
  assert.deepEqual(stops, [])
})

test('one slow answer does not end the wait', async () => {
  let asked = 0
  const sound = answering(byKind({ request: 1 }), byKind({}))
  const { drain } = await yard(
    (request, response) => (++asked === 1 ? undefined : sound(request, response)),
    'running',
    10_000,
  )
  assert.match(await drain('secondary'), /^quiet after [1-9]\.\d s, when 1 request had ended$/)
  assert.ok(asked > 3)
})

test('a refused connection, or a container that does not run, is not waited for', async () => {
  const refusing = await yard(null, 'running')
  assert.equal(await refusing.drain('secondary'), 'secondary does not run')
  const silent = await yard(() => undefined, 'exited')
  assert.equal(await silent.drain('secondary'), 'secondary does not run')
})

test('event streams and WebSockets are not waited for, and told to reconnect', async () => {
  const { drain, lines } = await yard(answering(byKind({ stream: 3, socket: 1 })), 'running', 10_000)
  assert.match(
    await drain('secondary'),
    /^quiet after [1-9]\.\d s; 3 event streams and 1 WebSocket are told to reconnect$/,
  )
  assert.deepEqual(lines, ['secondary has nothing in flight, and 3 event streams and 1 WebSocket open'])
  const one = await yard(answering(byKind({ stream: 1 })), 'running', 10_000)
  assert.match(await one.drain('secondary'), /^quiet after [1-9]\.\d s; 1 event stream is told to reconnect$/)
})

test('what ended is told by kind, a request that became a download once, and the work after it as its own', async () => {
  const { drain } = await yard(
    answering(
      byKind({ request: 2, upload: 1 }),
      byKind({ request: 1, upload: 1, download: 1 }),
      byKind({ background: 1 }),
      byKind({}),
    ),
    'running',
    10_000,
  )
  assert.match(
    await drain('secondary'),
    /^quiet after [1-9]\.\d s, when 2 requests, 1 upload and 1 background task had ended$/,
  )
})

test('what is left at the cap is cut, and told by kind, apart from what is told to reconnect', async () => {
  const { drain, stops } = await yard(
    answering(byKind({ request: 2, upload: 1, background: 1, stream: 1 })),
    'running',
  )
  assert.equal(
    await drain('secondary'),
    'after 0.6 s 2 requests, 1 upload and 1 background task were cut unless they ended within 2 s more; 1 event stream was told to reconnect',
  )
  assert.deepEqual(stops, ['secondary within 2000 ms'])
  const one = await yard(answering(byKind({ download: 1 })), 'running')
  assert.equal(await one.drain('secondary'), 'after 0.6 s 1 download was cut unless it ended within 2 s more')
})

test('a slot that fell quiet only just before the cap has nothing cut', async () => {
  const { drain, stops } = await yard(answering(byKind({ request: 1 }), byKind({ socket: 2 })), 'running')
  assert.equal(
    await drain('secondary'),
    'after 0.6 s nothing is in flight; 2 WebSockets are told to reconnect',
  )
  assert.deepEqual(stops, [])
})

test('what ends between the last poll and the cap is not told as cut', async () => {
  const [busy, done] = [answering(byKind({ request: 1 })), answering(byKind({}))]
  let firstMs: number | null = null
  const { drain, stops } = await yard(
    (request, response) => {
      firstMs ??= performance.now()
      const isBusy = performance.now() - firstMs < 900
      return isBusy ? busy(request, response) : done(request, response)
    },
    'running',
    1_000,
  )
  assert.equal(await drain('secondary'), 'after 1 s nothing is in flight')
  assert.deepEqual(stops, [])
})

test('without any time to wait it is looked once, so that what is cut has a name', async () => {
  const busy = await yard(answering(byKind({ request: 2, stream: 1 })), 'running', 0)
  assert.equal(
    await busy.drain('secondary'),
    'after 0 s 2 requests were cut unless they ended within 2 s more; 1 event stream was told to reconnect',
  )
  assert.deepEqual(busy.stops, ['secondary within 2000 ms'])
  const idle = await yard(answering(byKind({})), 'running', 0)
  assert.equal(await idle.drain('secondary'), 'after 0 s nothing is in flight')
  assert.deepEqual(idle.stops, [])
})
