import { setTimeout as delay } from 'node:timers/promises'
import { reconnectWords, waitedForWords } from './in-flight-words.ts'
import type { Health, LogSink, Slots } from './ports.ts'
import type { Slot } from './slot.ts'
import { type InFlightByKind, type StatusPayload, waitedFor } from './status-payload.ts'

const POLL_MS = 200
const QUIET_MS = 1_000
const LINE_EVERY_MS = 1_000

const NOTHING: InFlightByKind = { request: 0, upload: 0, download: 0, background: 0, stream: 0, socket: 0 }

/** How a wait ended. `kinds` is what the slot had in flight when it was last looked at, `was` what it had at first. */
export type Quiet =
  | { end: 'quiet'; tookMs: number; was: InFlightByKind; kinds: InFlightByKind }
  | { end: 'cap'; kinds: InFlightByKind }
  | { end: 'silent' }
  | { end: 'stopped' }

export type QuietParts = {
  health: Pick<Health, 'probe'>
  slots: Pick<Slots, 'inspect'>
  settings: { drainCapMs: number }
}

/** Waits until a slot has had nothing in flight for one second, within the cap, and logs what it still has, by kind. Looks at least once. */
export async function untilQuiet(
  parts: QuietParts,
  slot: Slot,
  log: LogSink,
  signal: AbortSignal,
): Promise<Quiet> {
  const startedMs = performance.now()
  const say = sayer(log, stillWords(slot, NOTHING))
  let was: InFlightByKind | null = null
  let quietSinceMs: number | null = null
  for (;;) {
    const seen = await lookAt(parts, slot, signal)
    if (seen === 'stopped') return { end: 'stopped' }
    say(stillWords(slot, seen))
    if (seen !== 'silent') was = begun(was, seen)
    const nowMs = performance.now()
    const isQuiet = seen !== 'silent' && waitedFor(seen) === 0
    quietSinceMs = isQuiet ? (quietSinceMs ?? nowMs) : null
    const quietForMs = quietSinceMs === null ? 0 : nowMs - quietSinceMs
    if (seen !== 'silent' && quietForMs >= QUIET_MS) {
      return { end: 'quiet', tookMs: nowMs - startedMs, was: was ?? NOTHING, kinds: seen }
    }
    const leftMs = startedMs + parts.settings.drainCapMs - nowMs
    if (leftMs <= 0) return seen === 'silent' ? { end: 'silent' } : { end: 'cap', kinds: seen }
    // The last look comes when the second or the cap is over, not up to one poll before or after it.
    await delay(Math.ceil(Math.min(POLL_MS, QUIET_MS - quietForMs, leftMs)), undefined, { signal })
  }
}

/** What is in flight; `silent` is a slot that runs and did not say, as under the load of a build. */
type Seen = InFlightByKind | 'silent' | 'stopped'

/** Silence alone says nothing: only a refused connection, or Docker's word, makes a slot one that has stopped. */
async function lookAt({ health, slots }: QuietParts, slot: Slot, signal: AbortSignal): Promise<Seen> {
  try {
    return kindsOf((await health.probe(slot, signal)).payload)
  } catch (cause) {
    signal.throwIfAborted()
    return isRefused(cause) || (await isStopped(slots, slot, signal)) ? 'stopped' : 'silent'
  }
}

/** An app may tell no kinds, or have some that are not known here. */
function kindsOf({ inFlight, inFlightByKind }: Pick<StatusPayload, 'inFlight' | 'inFlightByKind'>) {
  const kinds = inFlightByKind ?? NOTHING
  return { ...kinds, request: kinds.request + Math.max(0, inFlight - waitedFor(kinds)) }
}

/** A request may come to count as a download, which would be two; work after it begins when it has ended. */
function begun(was: InFlightByKind | null, seen: InFlightByKind): InFlightByKind {
  return was ? { ...was, background: Math.max(was.background, seen.background) } : seen
}

/** Whoever watches needs one line a second, however fast things end, and none where there was nothing from the start. */
function sayer(log: LogSink, said: string): (words: string) => void {
  let saidMs = Number.NEGATIVE_INFINITY
  return (words) => {
    if (words === said || performance.now() - saidMs < LINE_EVERY_MS) return
    log(words)
    said = words
    saidMs = performance.now()
  }
}

function stillWords(slot: Slot, seen: InFlightByKind | 'silent'): string {
  if (seen === 'silent') return `${slot} does not say what it has in flight`
  const open = reconnectWords(seen)
  return `${slot} has ${waitedForWords(seen) || 'nothing'} in flight${open === '' ? '' : `, and ${open} open`}`
}

function isRefused(cause: unknown): boolean {
  const origin = cause instanceof Error ? cause.cause : null
  return origin instanceof Error && 'code' in origin && origin.code === 'ECONNREFUSED'
}

/** False where Docker can't be asked: what can't be told is waited for. */
async function isStopped(slots: QuietParts['slots'], slot: Slot, signal: AbortSignal): Promise<boolean> {
  try {
    const container = await slots.inspect(slot, signal)
    return container === null || (container.state !== 'running' && container.state !== 'paused')
  } catch {
    signal.throwIfAborted()
    return false
  }
}
