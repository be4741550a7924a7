import { subscribe } from 'node:diagnostics_channel'
import { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { InFlightByKind } from '../release/status-payload.ts'
import { countSockets } from './sockets.ts'
import type { Answering, WorkloadState } from './state.ts'

/** The question itself, and the console's, which asks it of both slots. Either would change the answer. */
const UNCOUNTED_PATHS: ReadonlySet<string | undefined> = new Set(['/api/system/status', '/api/ops/status'])

/** An upload of less is over before anybody looks. */
const UPLOAD_BYTES = 1024 * 1024
/** An answer of less is over before anybody looks. */
const DOWNLOAD_MS = 2_000

/**
 * Counts what this process is answering, by kind, for every server in it, whoever made them.
 * Asking for the status does not count.
 */
export function countInFlight(state: WorkloadState): void {
  subscribe('http.server.request.start', (message) => {
    const exchange = asExchange(message)
    if (!exchange) return
    const { request, response, server } = exchange
    state.servers.add(server)
    countSockets(state, server)
    const kind = kindOf(request)
    const answering = kind && { kind, response, sinceMs: performance.now() }
    if (answering) state.answering.add(answering)
    response.once('close', () => {
      if (answering) state.answering.delete(answering)
      if (state.stop.signal.aborted) setImmediate(() => server.closeIdleConnections())
    })
  })
}

/** Looked at when asked, so that a request costs no timer of its own. */
export function inFlightNow({ answering, background, sockets }: WorkloadState): InFlightByKind {
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

type Exchange = { request: IncomingMessage; response: ServerResponse; server: Server }

function asExchange(message: unknown): Exchange | null {
  if (typeof message !== 'object' || message === null) return null
  if (!('request' in message && 'response' in message && 'server' in message)) return null
  const { request, response, server } = message
  const isExchange =
    request instanceof IncomingMessage && response instanceof ServerResponse && server instanceof Server
  return isExchange ? { request, response, server } : null
}

/** Null is not counted. Event streams are apart: they never end by themselves, and an EventSource comes back on its own. */
function kindOf({ url, method, headers }: IncomingMessage): Answering['kind'] | null {
  if (UNCOUNTED_PATHS.has(url?.split('?', 1)[0])) return null
  if (method === 'GET' && headers.accept === 'text/event-stream') return 'stream'
  const isLarge = Number(headers['content-length'] ?? 0) >= UPLOAD_BYTES
  return isLarge || headers['transfer-encoding'] !== undefined ? 'upload' : 'request'
}
