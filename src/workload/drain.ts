import { setTimeout as delay } from 'node:timers/promises'
import { inFlightWords } from '../release/in-flight-words.ts'
import { waitedFor } from '../release/status-payload.ts'
import { inFlightNow } from './in-flight.ts'
import { type WorkloadState, workloadState } from './state.ts'

const POLL_MS = 20
/** For streams and WebSockets to say goodbye. One that does not hear `stopSignal` is closed with the process. */
const GOODBYE_MS = 1_000
/** As Next ends on this signal. */
const EXIT_CODE = 143

/**
 * Ends this process's work when it is told to stop: streams are told at once, what is in flight is finished, with the
 * work that goes on after it, connections are closed as they fall idle, and then the process ends. The wait has a cap.
 * `endsProcess` is false where Next listens to SIGTERM itself: it waits for the work that it was left with, for ever on
 * an open event stream, and for the whole keep-alive time on a connection that was busy at the signal.
 */
export function drainOnSigterm(
  state: WorkloadState,
  { capMs, endsProcess }: { capMs: number; endsProcess: boolean },
): void {
  process.once('SIGTERM', () => {
    state.stop.abort()
    setTimeout(() => cut(state, capMs), capMs).unref()
    for (const server of state.servers) {
      if (endsProcess) server.close(() => state.servers.delete(server))
      server.closeIdleConnections()
    }
    if (endsProcess) void endWhenDone(state)
  })
}

/** Aborts when this slot is told to stop. Every long-lived response must end with it, or the slot can't. */
export function stopSignal(): AbortSignal {
  return workloadState().stop.signal
}

const RECONNECT_LEAST_MS = 1_000
const RECONNECT_MOST_MS = 3_000

/** When a client is to open a stream again that ended with its slot: not all in one moment. */
export function reconnectMs(): number {
  return Math.round(RECONNECT_LEAST_MS + Math.random() * (RECONNECT_MOST_MS - RECONNECT_LEAST_MS))
}

/** Bounded by the cap. */
async function endWhenDone(state: WorkloadState): Promise<never> {
  const toldMs = performance.now()
  while (!isDone(state, performance.now() - toldMs)) await delay(POLL_MS)
  process.exit(EXIT_CODE)
}

function isDone(state: WorkloadState, sinceToldMs: number): boolean {
  if (waitedFor(inFlightNow(state)) > 0) return false
  return state.servers.size === 0 || sinceToldMs >= GOODBYE_MS
}

function cut(state: WorkloadState, capMs: number): never {
  console.error(`Stopping took ${capMs / 1000} s; cut: ${inFlightWords(inFlightNow(state)) || 'nothing'}.`)
  process.exit(1)
}
