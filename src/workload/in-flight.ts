import { subscribe } from 'node:diagnostics_channel'
import { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { InFlightKind } from '../release/status-payload.ts'
import type { WorkloadState } from './state.ts'

export const STATUS_PATH = '/api/system/status'

/** An upload of less is over before anybody looks. */
const UPLOAD_BYTES = 1024 * 1024

/**
 * Counts what this process is answering, by kind, for every server in it, whoever made them.
 * Status requests don't count, or the question would change the answer.
 */
export function countInFlight(state: WorkloadState): void {
  subscribe('http.server.request.start', (message) => {
    const exchange = asExchange(message)
    if (!exchange) return
    const { request, response, server } = exchange
    state.servers.add(server)
    const kind = kindOf(request)
    if (kind !== null) state.inFlight[kind]++
    response.once('close', () => {
      if (kind !== null) state.inFlight[kind]--
      if (state.stop.signal.aborted) setImmediate(() => server.closeIdleConnections())
    })
  })
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
function kindOf({ url, method, headers }: IncomingMessage): InFlightKind | null {
  if (url?.split('?', 1)[0] === STATUS_PATH) return null
  if (method === 'GET' && headers.accept === 'text/event-stream') return 'stream'
  const isLarge = Number(headers['content-length'] ?? 0) >= UPLOAD_BYTES
  return isLarge || headers['transfer-encoding'] !== undefined ? 'upload' : 'request'
}
