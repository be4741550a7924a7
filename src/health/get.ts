import http from 'node:http'
import { awakeDeadline } from '../release/move/awake.ts'

/** Of an answer. More than nginx passes on (MAX_HEADERS), so that what a visitor would get is not called unhealthy. */
const MAX_HEAD_BYTES = 160 * 1024

/** One whole answer: its body was read to the end, within the cap. */
export type Answer = {
  httpStatus: number
  contentType: string
  location: string | null
  body: string
  latencyMs: number
}

/**
 * No whole answer, and why, as the end of a sentence. `isTooLarge`: there was one, but of no length that we read. `isTaken`: the
 * connection was taken, and time ran out.
 */
export type NoAnswer = { reason: string; isTooLarge: boolean; isTaken: boolean; cause?: unknown }

export type GetResult = { ok: true; answer: Answer } | { ok: false; problem: NoAnswer }

export type GetOptions = {
  host: string
  port: number
  path: string
  /** For everything: connecting, waiting and reading, in time that this process is awake. */
  timeoutMs: number
  maxBytes: number
  accept: string
}

/**
 * GET on a connection of its own, following no redirect and reading no further than the cap:
 * `fetch().text()` on an endless body took 4.3 GB. Throws only when `signal` aborts.
 */
export async function get(options: GetOptions, signal: AbortSignal): Promise<GetResult> {
  signal.throwIfAborted()
  using deadline = awakeDeadline(options.timeoutMs)
  const contact = { isTaken: false }
  const startedMs = performance.now()
  try {
    const response = await request(options, contact, AbortSignal.any([signal, deadline.signal]))
    const body = await readCapped(response, options.maxBytes)
    if (body === null) {
      return failed({
        reason: `its body is over ${options.maxBytes / 1024} KiB`,
        isTooLarge: true,
        isTaken: false,
      })
    }
    return { ok: true, answer: toAnswer(response, body, performance.now() - startedMs) }
  } catch (cause) {
    signal.throwIfAborted()
    const isLate = deadline.signal.aborted
    const reason = isLate ? `no whole answer within ${options.timeoutMs / 1000} s` : reasonOf(cause)
    return failed({ reason, isTooLarge: false, isTaken: isLate && contact.isTaken, cause })
  }
}

const failed = (problem: NoAnswer): GetResult => ({ ok: false, problem })

function request(
  { host, port, path, accept }: GetOptions,
  contact: { isTaken: boolean },
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    http
      .get(
        { host, port, path, agent: false, signal, headers: { accept }, maxHeaderSize: MAX_HEAD_BYTES },
        resolve,
      )
      .on('error', reject)
      .on('socket', (socket) =>
        socket.once('connect', () => {
          contact.isTaken = true
        }),
      )
  })
}

/** The body as text, or null once it is longer than `maxBytes`. Leaving the loop early destroys the stream. */
async function readCapped(response: http.IncomingMessage, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    const buffer = Buffer.from(chunk)
    bytes += buffer.length
    if (bytes > maxBytes) return null
    chunks.push(buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function toAnswer(response: http.IncomingMessage, body: string, latencyMs: number): Answer {
  return {
    httpStatus: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    location: response.headers.location ?? null,
    body,
    latencyMs,
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'its address can not be reached',
  ENETUNREACH: 'its network can not be reached',
  ETIMEDOUT: 'connecting took too long',
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return WORDS[code] ?? (code.startsWith('HPE_') ? 'its answer is not HTTP' : cause.message)
}
