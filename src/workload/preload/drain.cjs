// @ts-check
'use strict'

const { inFlightNow } = require('./in-flight.cjs')

/** @typedef {import('./state.cjs').WorkloadState} WorkloadState */

const POLL_MS = 20
/** For streams and WebSockets to say goodbye. One that does not hear of the stop is closed with the process. */
const GOODBYE_MS = 1_000
/** As Node and Next end on this signal. */
const EXIT_CODE = 143

/** What is named where it had to be cut, in this order. */
const NAMES = /** @type {const} */ ([
  ['request', 'request'],
  ['upload', 'upload'],
  ['download', 'download'],
  ['background', 'background task'],
  ['stream', 'event stream'],
  ['socket', 'WebSocket'],
])

/**
 * Ends this process's work when it is told to stop: streams are told at once, what is in flight is finished, with the
 * work that goes on after it, connections are closed as they fall idle, and then the process ends. The wait has a cap.
 * Where something else listens to the signal and `endsProcess` is false, the process is its to end: Next waits for the
 * work that it was left with, for ever on an open event stream, and for the whole keep-alive time on a connection that was
 * busy at the signal.
 *
 * @param {WorkloadState} state
 * @param {{ capMs: number, endsProcess: boolean }} options
 */
function drainOnSigterm(state, { capMs, endsProcess }) {
  process.once('SIGTERM', () => {
    // A listener, be it ours, takes the place of what Node does by itself, which is to end.
    const isOurs = endsProcess || process.listenerCount('SIGTERM') === 0
    state.stop.abort()
    setTimeout(() => cut(state, capMs), capMs).unref()
    for (const server of state.servers) {
      if (isOurs) server.close(() => state.servers.delete(server))
      server.closeIdleConnections?.()
    }
    if (isOurs) endWhenDone(state)
  })
}

/** @param {WorkloadState} state */
function endWhenDone(state) {
  const toldMs = performance.now()
  const timer = setInterval(() => {
    if (!isDone(state, performance.now() - toldMs)) return
    clearInterval(timer)
    process.exit(EXIT_CODE)
  }, POLL_MS)
}

/**
 * @param {WorkloadState} state
 * @param {number} sinceToldMs
 */
function isDone(state, sinceToldMs) {
  const { request, upload, download, background } = inFlightNow(state)
  if (request + upload + download + background > 0) return false
  return state.servers.size === 0 || sinceToldMs >= GOODBYE_MS
}

/**
 * @param {WorkloadState} state
 * @param {number} capMs
 */
function cut(state, capMs) {
  const counts = inFlightNow(state)
  const words = NAMES.filter(([kind]) => counts[kind] > 0).map(
    ([kind, name]) => `${counts[kind]} ${name}${counts[kind] === 1 ? '' : 's'}`,
  )
  const list = new Intl.ListFormat('en-GB').format(words)
  console.error(`Stopping took ${capMs / 1000} s; cut: ${list || 'nothing'}.`)
  process.exit(1)
}

module.exports = { drainOnSigterm }
