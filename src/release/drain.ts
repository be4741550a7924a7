import { setTimeout as delay } from 'node:timers/promises'
import { counted } from './counted.ts'
import { ReleaseError } from './errors.ts'
import type { Health, LogSink, Slots, Traffic } from './ports.ts'
import { withoutSlot } from './routing.ts'
import type { Slot } from './slot.ts'
import type { StatusPayload } from './status-payload.ts'

const POLL_MS = 200
const QUIET_MS = 1_000

/**
 * Takes a slot out of the routing, then waits until it has answered everything that it was asked: no request in
 * flight for one second, within the cap. Stopping at once lost 21 of 69,320 requests, waiting first lost none.
 * Throws `internal` for the live slot: without it nobody would be served.
 */
export async function drainSlot(
  parts: DrainParts,
  slot: Slot,
  release: number,
  log: LogSink,
  signal: AbortSignal,
): Promise<string> {
  const { traffic, settings } = parts
  const routing = await traffic.read()
  if (routing?.live === slot) {
    throw new ReleaseError('internal', { reason: `${slot} is live, so it can not be drained.` })
  }
  if (routing?.up.includes(slot)) await traffic.write(withoutSlot(routing, slot, release))
  const startedMs = performance.now()
  let quietSinceMs: number | null = null
  let last: Seen = { inFlight: 0 }
  let said = inWords(slot, last)
  while (performance.now() - startedMs < settings.drainCapMs) {
    const seen = await lookAt(parts, slot, signal)
    if (seen === 'stopped') return `${slot} does not run`
    const words = inWords(slot, seen)
    if (words !== said) log(words)
    said = words
    last = seen
    quietSinceMs = seen !== 'silent' && seen.inFlight === 0 ? (quietSinceMs ?? performance.now()) : null
    if (quietSinceMs !== null && performance.now() - quietSinceMs >= QUIET_MS) {
      return `quiet after ${((performance.now() - startedMs) / 1000).toFixed(1)} s${streamsInWords(seen)}`
    }
    await delay(POLL_MS, undefined, { signal })
  }
  return `after ${settings.drainCapMs / 1000} s ${inWords(slot, last)}; it is stopped all the same${streamsInWords(last)}`
}

type DrainParts = {
  traffic: Pick<Traffic, 'read' | 'write'>
  health: Pick<Health, 'probe'>
  slots: Pick<Slots, 'inspect'>
  settings: { drainCapMs: number }
}

/** What is in flight; `silent` is a slot that runs and did not say, as under the load of a build. */
type Seen = Pick<StatusPayload, 'inFlight' | 'inFlightByKind'> | 'silent' | 'stopped'

/** Silence alone says nothing: only a refused connection, or Docker's word, makes a slot one that has stopped. */
async function lookAt({ health, slots }: DrainParts, slot: Slot, signal: AbortSignal): Promise<Seen> {
  try {
    return (await health.probe(slot, signal)).payload
  } catch (cause) {
    signal.throwIfAborted()
    return isRefused(cause) || (await isStopped(slots, slot, signal)) ? 'stopped' : 'silent'
  }
}

function isRefused(cause: unknown): boolean {
  const origin = cause instanceof Error ? cause.cause : null
  return origin instanceof Error && 'code' in origin && origin.code === 'ECONNREFUSED'
}

/** False where Docker can't be asked: what can't be told is waited for. */
async function isStopped(slots: DrainParts['slots'], slot: Slot, signal: AbortSignal): Promise<boolean> {
  try {
    const container = await slots.inspect(slot, signal)
    return container === null || (container.state !== 'running' && container.state !== 'paused')
  } catch {
    signal.throwIfAborted()
    return false
  }
}

function inWords(slot: Slot, seen: Exclude<Seen, 'stopped'>): string {
  if (seen === 'silent') return `${slot} does not say what it has in flight`
  const { inFlight, inFlightByKind } = seen
  const { request, upload, stream } = inFlightByKind ?? { request: inFlight, upload: 0, stream: 0 }
  const waitedFor = [counted(request, 'request'), counted(upload, 'upload')].filter((words) => words !== '')
  const flying = waitedFor.length === 0 ? 'nothing' : waitedFor.join(' and ')
  return `${slot} has ${flying} in flight${stream === 0 ? '' : `, and ${counted(stream, 'event stream')} open`}`
}

/** What happens to the streams when the slot stops. */
function streamsInWords(seen: Exclude<Seen, 'stopped'>): string {
  const streams = seen === 'silent' ? 0 : (seen.inFlightByKind?.stream ?? 0)
  if (streams === 0) return ''
  return `; ${counted(streams, 'event stream')} ${streams === 1 ? 'is' : 'are'} told to reconnect`
}
