import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { type WebSocket, WebSocketServer } from 'ws'
import { until } from '../../test/engine/until.ts'
import type { Incident } from './plan.ts'
import { followStream, type StreamKind } from './streams.ts'

type Ends = { webSocket(socket: WebSocket): void; eventStream(response: ServerResponse): void }

/** Opens one stream, has the server end it, and answers with what was told of it by the time it is open again. */
async function ended(kind: StreamKind, ends: Partial<Ends>): Promise<string[]> {
  let opened = 0
  const isFirst = () => ++opened === 1
  const server = http.createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    if (isFirst()) setImmediate(() => ends.eventStream?.(response))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    if (isFirst()) ends.webSocket?.(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The test server has no port.')
  const incidents: Incident[] = []
  const halt = new AbortController()
  const where = { host: '127.0.0.1', port: address.port }
  const stream = followStream(kind, where, (incident) => incidents.push(incident), halt.signal)
  await stream.isOpen
  await until('it is open again', 5_000, async () => (opened >= 2 ? true : null))
  halt.abort()
  await stream.ended
  server.closeAllConnections()
  server.close()
  return incidents.map(({ what, error }) => `${what}: ${error}`)
}

const ENDINGS: readonly [kind: StreamKind, ends: Partial<Ends>, told: RegExp][] = [
  ['WebSocket', { webSocket: (socket) => socket.close(1012) }, /^told: closed with 1012$/],
  ['WebSocket', { webSocket: (socket) => socket.close(1001) }, /^cut: closed with 1001$/],
  ['WebSocket', { webSocket: (socket) => socket.terminate() }, /^cut: closed with 1006$/],
  [
    'event stream',
    { eventStream: (response) => response.end('event: reconnect\ndata: 1\n\n') },
    /^told: event: reconnect$/,
  ],
  ['event stream', { eventStream: (response) => response.end() }, /^cut: ended without a word$/],
  ['event stream', { eventStream: (response) => response.destroy() }, /^cut: aborted$/],
]

for (const [kind, ends, told] of ENDINGS) {
  test(`the end of a stream is counted right: ${kind}, ${told.source.slice(1, -1)}`, async () => {
    const incidents = await ended(kind, ends)
    assert.equal(incidents.length, 1)
    assert.match(incidents[0] ?? '', told)
  })
}
