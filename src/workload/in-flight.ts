import { subscribe } from 'node:diagnostics_channel'
import { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { WorkloadState } from './state.ts'

export const STATUS_PATH = '/api/system/status'

/**
 * Counts what this process is answering, for every server in it, whoever made them.
 * Status requests don't count, or the question would change the answer. Event streams don't either: they never end by
 * themselves, and a browser's EventSource comes back on its own when a stopping slot closes it.
 */
export function countInFlight(state: WorkloadState): void {
  subscribe('http.server.request.start', (message) => {
    const exchange = asExchange(message)
    if (!exchange) return
    const { request, response, server } = exchange
    state.servers.add(server)
    const counts = doesCount(request)
    if (counts) state.inFlight++
    response.once('close', () => {
      if (counts) state.inFlight--
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

function doesCount(request: IncomingMessage): boolean {
  const path = request.url?.split('?', 1)[0]
  const isEventStream = request.method === 'GET' && request.headers.accept === 'text/event-stream'
  return path !== STATUS_PATH && !isEventStream
}
