// @ts-check
'use strict'

/** @typedef {import('./state.cjs').WorkloadState} WorkloadState */
/** @typedef {import('./state.cjs').Answering} Answering */

/** The question itself, and the console's, which asks it of both slots. Either would change the answer. */
const UNCOUNTED_PATHS = new Set(['/api/system/status', '/api/ops/status'])

/** An upload of less is over before anybody looks. */
const UPLOAD_BYTES = 1024 * 1024
/** An answer of less is over before anybody looks. */
const DOWNLOAD_MS = 2_000

/** @type {WeakSet<import('node:http').Server>} */
const watchedForSockets = new WeakSet()

/**
 * Counts one request until its answer has ended, by kind. Asking for the status does not count.
 *
 * @param {WorkloadState} state
 * @param {import('./state.cjs').Exchange} exchange
 */
function countInFlight(state, { request, response, server }) {
  state.servers.add(server)
  countSockets(state, server)
  const kind = kindOf(request)
  const answering = kind && { kind, response, sinceMs: performance.now() }
  if (answering) state.answering.add(answering)
  response.once('close', () => {
    if (answering) state.answering.delete(answering)
    // Node before 18.2 has no such call, and closes them when they have been idle for long.
    if (state.stop.signal.aborted) setImmediate(() => server.closeIdleConnections?.())
  })
}

/**
 * Counts the WebSockets of a server. An upgrade is no request on Node's channel, so the server is listened to. Only where
 * it already takes upgrades: a listener alone would make it take them, and nobody would answer.
 *
 * @param {WorkloadState} state
 * @param {import('node:http').Server} server
 */
function countSockets({ sockets }, server) {
  if (watchedForSockets.has(server) || server.listenerCount('upgrade') === 0) return
  watchedForSockets.add(server)
  server.prependListener('upgrade', (_request, socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
}

/**
 * Looked at when asked, so that a request costs no timer of its own.
 *
 * @param {Pick<WorkloadState, 'answering' | 'background' | 'sockets'>} state
 */
function inFlightNow({ answering, background, sockets }) {
  const counts = {
    request: 0,
    upload: 0,
    download: 0,
    background: background.size,
    stream: 0,
    socket: sockets.size,
  }
  const nowMs = performance.now()
  for (const { kind, response, sinceMs } of answering) {
    const isDownload = kind === 'request' && response.headersSent && nowMs - sinceMs >= DOWNLOAD_MS
    counts[isDownload ? 'download' : kind]++
  }
  return counts
}

/**
 * Null is not counted. Event streams are apart: they never end by themselves, and an EventSource comes back on its own.
 *
 * @param {import('node:http').IncomingMessage} request
 * @returns {Answering['kind'] | null}
 */
function kindOf({ url, method, headers }) {
  if (UNCOUNTED_PATHS.has(url?.split('?', 1)[0] ?? '')) return null
  if (method === 'GET' && headers.accept === 'text/event-stream') return 'stream'
  const isLarge = Number(headers['content-length'] ?? 0) >= UPLOAD_BYTES
  return isLarge || headers['transfer-encoding'] !== undefined ? 'upload' : 'request'
}

module.exports = { countInFlight, inFlightNow }
