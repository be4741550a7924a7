import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

const RECONNECT_MS = 1_000
const DRIBBLE_MS = 250
const DRIBBLE = 'x'.repeat(512)

/** How one request went. `error` is why it did not come to a whole answer. */
export type Went = {
  sentMs: number
  endedMs: number
  status: number
  body: string
  error: string | null
}

const placeSchema = z.object({ slot: z.string(), version: z.string() })

export type Place = z.infer<typeof placeSchema>

/** One request on a connection of its own, to its whole answer. `send` writes its body. */
export function request(
  url: string,
  options: http.RequestOptions = {},
  send: (outgoing: http.ClientRequest) => void = (outgoing) => outgoing.end(),
): Promise<Went> {
  const sentMs = Date.now()
  return new Promise((resolve) => {
    let status = 0
    let body = ''
    const end = (error: string | null): void => resolve({ sentMs, endedMs: Date.now(), status, body, error })
    const outgoing = http.request(url, { agent: false, ...options }, (incoming) => {
      status = incoming.statusCode ?? 0
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      incoming.once('end', () => end(null)).once('error', (error) => end(error.message))
    })
    outgoing.once('error', (error) => end(error.message))
    send(outgoing)
  })
}

/** An upload of unknown length whose last byte comes after `ms`. */
export function dribble(url: string, ms: number): Promise<Went> {
  return request(url, { method: 'POST' }, (outgoing) => {
    const timer = setInterval(() => outgoing.write(DRIBBLE), DRIBBLE_MS)
    const last = setTimeout(() => {
      clearInterval(timer)
      outgoing.end('end')
    }, ms)
    outgoing.once('close', () => {
      clearInterval(timer)
      clearTimeout(last)
    })
  })
}

/** A connection that is opened again whenever it ends: where each one was, and how and when the former ones ended. */
export type Held = { opened: Place[]; ended: { how: string; atMs: number }[]; close(): void }

/** An event stream. It ends with `end`, or with what cut it. */
export function holdStream(url: string): Held {
  return hold((onPlace, signal) => {
    return new Promise((resolve) => {
      const headers = { accept: 'text/event-stream' }
      const outgoing = http.get(url, { agent: false, headers, signal }, (incoming) => {
        let isOpen = false
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          const data = /^data: (.+)$/m.exec(chunk)?.[1]
          if (data === undefined || isOpen) return
          isOpen = true
          onPlace(data)
        })
        incoming.once('end', () => resolve('end')).once('error', (error) => resolve(error.message))
      })
      outgoing.once('error', (error) => resolve(error.message))
    })
  })
}

/** A WebSocket. It ends with the code of its close frame; 1006 is none. */
export function holdSocket(url: string): Held {
  return hold((onPlace, signal) => {
    return new Promise((resolve) => {
      const socket = new WebSocket(url.replace(/^http/, 'ws'))
      socket.addEventListener('message', ({ data }) => onPlace(String(data)), { once: true })
      socket.addEventListener('close', ({ code }) => resolve(String(code)), { once: true })
      signal.addEventListener('abort', () => socket.close(), { once: true })
    })
  })
}

function hold(open: (onPlace: (json: string) => void, signal: AbortSignal) => Promise<string>): Held {
  const over = new AbortController()
  const held: Held = { opened: [], ended: [], close: () => over.abort() }
  const keepOpen = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const how = await open((json) => held.opened.push(placeSchema.parse(JSON.parse(json))), over.signal)
      if (over.signal.aborted) return
      held.ended.push({ how, atMs: Date.now() })
      await delay(RECONNECT_MS)
    }
  }
  void keepOpen()
  return held
}

/** Asks again and again until `over`; answers with what came. */
export async function askOn(
  url: string,
  headers: http.OutgoingHttpHeaders,
  over: AbortSignal,
): Promise<Went[]> {
  const answers: Went[] = []
  while (!over.aborted) {
    answers.push(await request(url, { headers }))
    await delay(5)
  }
  return answers
}
