import { workloadState } from './preload/state.cjs'

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
