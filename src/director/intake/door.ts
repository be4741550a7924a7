import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import {
  type DoorLimits,
  HEADERS_CAP_BYTES,
  HEADERS_TIMEOUT_MS,
  READ_AHEAD_BYTES,
  REQUEST_TIMEOUT_MS,
  SILENCE_MS,
} from './limits.ts'
import { seldom } from './seldom.ts'
import { turns } from './turns.ts'

const TELL_EVERY_MS = 60_000
const CHECK_EVERY_MS = 1_000

/**
 * A server for `app` whose clients may be hostile: connections, requests under way, their pace, their bytes and their time are
 * bounded, whatever is sent. What is too much waits or is cut; `complain` gets a line a minute at most.
 * `name` is who is behind it, at the beginning of a sentence.
 */
export function doorServer(
  app: Hono,
  limits: DoorLimits,
  { name, complain }: { name: string; complain: (line: string) => void },
): Server {
  const answer = getRequestListener(app.fetch)
  const turn = turns(limits)
  /** Sockets with a request that is not yet answered: more on one of them would wait in memory. */
  const busy = new WeakSet<Socket>()
  const cut = seldom(
    (times) =>
      complain(
        `${name} holds more connections to the director than the ${limits.connections} that it may, or sends several requests at once on one: ${times === 1 ? 'one was' : `${times} were`} cut.`,
      ),
    TELL_EVERY_MS,
  )

  function receive(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    if (busy.has(socket)) {
      cut.happened()
      socket.destroy()
      return
    }
    busy.add(socket)
    const end = turn.ask(() => void answer(request, response), { takesPlace: !isStream(request) })
    response.once('close', () => {
      busy.delete(socket)
      end()
    })
  }

  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      maxHeaderSize: HEADERS_CAP_BYTES,
      highWaterMark: READ_AHEAD_BYTES,
    },
    receive,
  )
  server.maxConnections = limits.connections
  server.setTimeout(SILENCE_MS)
  server.on('drop', cut.happened)
  server.once('close', cut.close)
  return server
}

/** Streams have bounds of their own (`followers.ts`), and would else keep everybody else from their turn. */
function isStream({ method, url = '' }: IncomingMessage): boolean {
  return method === 'GET' && /\/(?:events|logs)(?:$|\?)/.test(url)
}
