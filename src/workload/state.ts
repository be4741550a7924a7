import type { Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** An answer that has not ended. */
export type Answering = {
  kind: 'request' | 'upload' | 'stream'
  response: Pick<ServerResponse, 'headersSent'>
  /** On the clock of `performance.now()`. */
  sinceMs: number
}

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
  answering: Set<Answering>
  /** Work that goes on after its answer. */
  background: Set<Promise<unknown>>
  sockets: Set<Duplex>
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
    answering: new Set(),
    background: new Set(),
    sockets: new Set(),
    stop: new AbortController(),
    servers: new Set(),
  }
  return globalThis.switchyardWorkload
}
