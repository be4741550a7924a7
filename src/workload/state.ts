import type { Server } from 'node:http'
import type { InFlightByKind } from '../release/status-payload.ts'

/**
 * What one slot process knows of its own life. Next loads instrumentation, route handlers and pages as separate
 * module instances in one process, so this can only be shared through `globalThis`.
 */
export type WorkloadState = {
  startedAtMs: number
  /** True once start-up has finished. */
  isStarted: boolean
  /** True once every readiness check has passed at the same time. */
  hasBeenReady: boolean
  inFlight: InFlightByKind
  /** Aborted when the slot is told to stop. */
  stop: AbortController
  servers: Set<Server>
}

declare global {
  var switchyardWorkload: WorkloadState | undefined
}

/** This process's one state, made on first use. */
export function workloadState(): WorkloadState {
  globalThis.switchyardWorkload ??= {
    startedAtMs: Date.now() - performance.now(),
    isStarted: false,
    hasBeenReady: false,
    inFlight: { request: 0, upload: 0, stream: 0 },
    stop: new AbortController(),
    servers: new Set(),
  }
  return globalThis.switchyardWorkload
}
