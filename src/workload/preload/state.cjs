// @ts-check
'use strict'

const { liveness } = require('./live.cjs')

/**
 * What Node says on its channel when a request has come.
 *
 * @typedef {{
 *   request: import('node:http').IncomingMessage
 *   response: import('node:http').ServerResponse
 *   socket: import('node:net').Socket
 *   server: import('node:http').Server
 * }} Exchange
 */

/**
 * An answer that has not ended. `sinceMs` is on the clock of `performance.now()`.
 *
 * @typedef {{
 *   kind: 'request' | 'upload' | 'stream'
 *   response: Pick<import('node:http').ServerResponse, 'headersSent'>
 *   sinceMs: number
 * }} Answering
 */

/**
 * What one slot process knows of its own life. A framework may load instrumentation, routes and pages as separate module
 * instances in one process, and the preload is one more, so this is shared through `globalThis`. Images of other ages read
 * it: a field may be added, and none be taken away or get another meaning.
 *
 * @typedef {{
 *   startedAtMs: number
 *   isStarted: boolean
 *   hasBeenReady: boolean
 *   answering: Set<Answering>
 *   background: Set<Promise<unknown>>
 *   sockets: Set<import('node:stream').Duplex>
 *   stop: AbortController
 *   servers: Set<import('node:http').Server>
 *   live: import('./live.cjs').Liveness
 * }} WorkloadState
 */

const KEY = Symbol.for('switchyard.workload')

/**
 * This process's one state, made on first use.
 *
 * @returns {WorkloadState}
 */
function workloadState() {
  const known = Reflect.get(globalThis, KEY)
  if (known !== undefined) return known
  const stop = new AbortController()
  /** @type {WorkloadState} */
  const state = {
    startedAtMs: Date.now() - performance.now(),
    // Images from before there was a preload do all of its work where this is false.
    isStarted: true,
    // Once every readiness check has passed at the same time.
    hasBeenReady: false,
    answering: new Set(),
    // Work that goes on after its answer.
    background: new Set(),
    sockets: new Set(),
    // Aborted when the slot is told to stop.
    stop,
    servers: new Set(),
    live: liveness(process.env, stop.signal),
  }
  Object.defineProperty(globalThis, KEY, { value: state })
  return state
}

module.exports = { workloadState }
