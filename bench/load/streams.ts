import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../../src/release/errors.ts'
import type { Incident } from './plan.ts'

/** How an open stream ended: the app said that it stops, or nobody said anything. */
type Ending = { what: 'told' | 'cut'; error: string }

export type StreamKind = 'WebSocket' | 'event stream'

const PING_EVERY_MS = 1_000
/** As long as nothing came, though something comes every second. */
const SILENT_AFTER_MS = 10_000
const REOPEN_AFTER_MS = 250
/** "Service restart", which an app sends when it stops. */
const WEBSOCKET_TOLD = 1012

/** Keeps one stream open until `halt` aborts, opening it again as often as it ends; `isOpen` resolves with the first time. */
export function followStream(
  kind: StreamKind,
  url: { host: string; port: number },
  report: (incident: Incident) => void,
  halt: AbortSignal,
): { isOpen: Promise<void>; isOpenNow(): boolean; ended: Promise<void> } {
  const opened = Promise.withResolvers<void>()
  let isOpenNow = false
  const onOpen = () => {
    isOpenNow = true
    opened.resolve()
  }
  const run = kind === 'WebSocket' ? runWebSocket : runEventStream
  const follow = async () => {
    while (!halt.aborted) {
      try {
        const { what, error } = await run(url, onOpen, halt).finally(() => {
          isOpenNow = false
        })
        if (!halt.aborted) report({ atMs: Date.now(), what, kind, error })
      } catch (cause) {
        if (!halt.aborted)
          report({ atMs: Date.now(), what: 'failed', kind: `${kind} to open`, error: reasonOf(cause) })
      }
      await delay(REOPEN_AFTER_MS, undefined, { signal: halt }).catch(() => undefined)
    }
  }
  return { isOpen: opened.promise, isOpenNow: () => isOpenNow, ended: follow() }
}

type Run = (url: { host: string; port: number }, onOpen: () => void, halt: AbortSignal) => Promise<Ending>

/** Rejects where it never opened. */
const runWebSocket: Run = ({ host, port }, onOpen, halt) => {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>()
  const socket = new WebSocket(`ws://${host}:${port}/ws`)
  let isOpen = false
  let heardMs = performance.now()
  const timer = setInterval(() => {
    if (!isOpen) return
    if (performance.now() - heardMs > SILENT_AFTER_MS) {
      resolve({ what: 'cut', error: `silent for ${SILENT_AFTER_MS / 1_000} s` })
      socket.close()
    } else socket.send('ping')
  }, PING_EVERY_MS)
  const leave = () => socket.close()
  halt.addEventListener('abort', leave, { once: true })
  socket.addEventListener('open', () => {
    isOpen = true
    onOpen()
  })
  socket.addEventListener('message', () => {
    heardMs = performance.now()
  })
  socket.addEventListener('error', () => {
    if (!isOpen) reject(new Error('it could not be opened'))
  })
  socket.addEventListener('close', ({ code }) => {
    clearInterval(timer)
    halt.removeEventListener('abort', leave)
    if (!isOpen) reject(new Error(`it could not be opened (${code})`))
    else resolve({ what: code === WEBSOCKET_TOLD ? 'told' : 'cut', error: `closed with ${code}` })
  })
  return promise
}

const runEventStream: Run = ({ host, port }, onOpen, halt) => {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>()
  const headers = { accept: 'text/event-stream' }
  const request = http.get({ host, port, path: '/sse', headers, agent: false, signal: halt }, (response) => {
    if (response.statusCode !== 200) {
      response.resume()
      reject(new Error(`HTTP ${response.statusCode}`))
      return
    }
    onOpen()
    let tail = ''
    const cut = (error: string) => resolve({ what: 'cut', error })
    response.setTimeout(SILENT_AFTER_MS, () => {
      cut(`silent for ${SILENT_AFTER_MS / 1_000} s`)
      response.destroy()
    })
    response.setEncoding('utf8').on('data', (chunk: string) => {
      tail = (tail + chunk).slice(-200)
    })
    response.on('error', (error) => cut(reasonOf(error)))
    response.on('end', () => {
      if (tail.includes('event: reconnect')) resolve({ what: 'told', error: 'event: reconnect' })
      else cut('ended without a word')
    })
  })
  request.on('error', reject)
  return promise
}
