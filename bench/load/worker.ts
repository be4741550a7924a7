// The mixed load, in a thread of its own, so that what it costs does not delay what is measured beside it.
import { parentPort, workerData } from 'node:worker_threads'
import { type Load, startLoad } from '../../test/load/load.ts'
import { startRelay } from '../../test/load/relay.ts'
import type { LoadReport } from '../../test/load/tally.ts'
import { startHttp2Load } from './http2-load.ts'
import { type Incident, type LoadMessage, mixedPlanSchema, type OpenStreams, orderSchema } from './plan.ts'
import { followStream, type StreamKind } from './streams.ts'

const plan = mixedPlanSchema.parse(workerData)
const incidents: Incident[] = []
const report = (incident: Incident) => incidents.push(incident)
const say = (message: LoadMessage) => parentPort?.postMessage(message)

const halt = new AbortController()
const relay = await startRelay({ ...plan.streams, delayMs: plan.farRoundTripMs / 2 })
const streams = [
  ...openStreams('WebSocket', plan.streams.webSockets),
  ...openStreams('event stream', plan.streams.eventStreams),
]
await Promise.all(streams.map(({ isOpen }) => isOpen))

// By its own time each failure is told apart: before a move or after it.
const maxListedFailures = Number.MAX_SAFE_INTEGER
const http1 = new Map<string, Load>()
for (const [name, options] of Object.entries(plan.http1)) {
  http1.set(name, await startLoad({ ...options, maxListedFailures }))
}
const { farShare, farRoundTripMs } = plan
const http2 = plan.http2 && (await startHttp2Load({ ...plan.http2, farShare, farRoundTripMs, report }))

parentPort?.on('message', (message: unknown) => {
  const order = orderSchema.parse(message)
  if (order.type === 'count') say({ type: 'counts', counts: counts(), open: openNow() })
  else if (order.type === 'end-one') void http1.get(order.name)?.stop()
  else void stop()
})
say({ type: 'ready' })

function counts(): Record<string, number> {
  const begun = [...http1].map(([name, load]) => [name, load.begunSoFar()] as const)
  return Object.fromEntries([...begun, ['HTTP/2', http2?.begunSoFar() ?? 0]])
}

function openNow(): OpenStreams {
  const open = (kind: StreamKind) => streams.filter((one) => one.kind === kind && one.isOpenNow()).length
  return { webSockets: open('WebSocket'), eventStreams: open('event stream') }
}

async function stop(): Promise<void> {
  const http2Ended = http2?.stop()
  const reports = [...http1].map(async ([name, load]) => failuresOf(name, await load.stop()))
  const failures = (await Promise.all(reports)).flat()
  await http2Ended
  halt.abort()
  await Promise.all(streams.map(({ ended }) => ended))
  await relay.close()
  say({ type: 'ended', counts: counts(), incidents: [...failures, ...incidents] })
  parentPort?.close()
}

function openStreams(kind: StreamKind, count: number) {
  const farOnes = Math.round(count * plan.farShare)
  return Array.from({ length: count }, (_, index) => {
    const line = index < farOnes ? { host: '127.0.0.1', port: relay.port } : plan.streams
    return { kind, ...followStream(kind, line, report, halt.signal) }
  })
}

/** Told at the time at which the answer was known to be lost. */
function failuresOf(name: string, { failures }: LoadReport): Incident[] {
  return failures.map(({ at, tookMs, kind, error }) => ({
    atMs: Date.parse(at) + tookMs,
    what: 'failed',
    kind: `${name} ${kind}`,
    error,
  }))
}
