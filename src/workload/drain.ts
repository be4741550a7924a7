import { type WorkloadState, workloadState } from './state.ts'

/**
 * Ends this process's work when it is told to stop. Next itself finishes what is in flight and exits, but waits for ever
 * on an open event stream, and for the whole keep-alive time on a connection that was busy at the signal.
 * So streams are told at once, connections are closed as they fall idle, and the wait has a cap.
 */
export function drainOnSigterm(state: WorkloadState, capMs: number): void {
  process.once('SIGTERM', () => {
    state.stop.abort()
    for (const server of state.servers) server.closeIdleConnections()
    setTimeout(() => process.exit(1), capMs).unref()
  })
}

/** Aborts when this slot is told to stop. Every long-lived response must end with it, or the slot can't. */
export function stopSignal(): AbortSignal {
  return workloadState().stop.signal
}
