import { createHash } from 'node:crypto'
import http from 'node:http'
import type { Socket } from 'node:net'
import { z } from 'zod'
import type { Outcome } from './tally.ts'

/** One request of the mix, and the line that it goes over. */
export type Shot = {
  kind: string
  method: 'GET' | 'POST'
  path: string
  host: string
  port: number
  /** Null opens a connection of its own. */
  agent: http.Agent | null
  /** What the client says it asks for: the proxy's own host and port, whichever line is used. */
  hostHeader: string
  timeoutMs: number
}

type Answer = Pick<Outcome, 'error' | 'httpStatus' | 'servedBy' | 'isReused'>

const MAX_ANSWER_BYTES = 8 * 1024 * 1024
const BODY = Buffer.alloc(8 * 1024, 'switchyard ')
const BODY_SHA256 = createHash('sha256').update(BODY).digest('hex')

/** Sends it once, never again, and reads the whole answer. Never throws. */
export async function send(shot: Shot): Promise<Answer> {
  const signal = AbortSignal.timeout(shot.timeoutMs)
  const line = { isReused: false }
  try {
    const response = await answered(start(shot, signal, line))
    const body = await read(response)
    return {
      error: problemOf(shot, response, body),
      httpStatus: response.statusCode ?? null,
      servedBy: servedByOf(response),
      isReused: line.isReused,
    }
  } catch (cause) {
    const error = signal.aborted ? `no whole answer within ${shot.timeoutMs} ms` : wordsFor(cause)
    return { error, httpStatus: null, servedBy: null, isReused: line.isReused }
  }
}

/** `request.reusedSocket` says nothing of a request that waited for its connection to be free. */
const usedBefore = new WeakSet<Socket>()

function start(shot: Shot, signal: AbortSignal, line: { isReused: boolean }): http.ClientRequest {
  const { method, path, host, port, hostHeader } = shot
  const headers: http.OutgoingHttpHeaders = { host: hostHeader }
  if (method === 'POST') {
    headers['content-type'] = 'application/octet-stream'
    headers['content-length'] = BODY.length
  }
  const request = http.request({ method, path, host, port, headers, signal, agent: shot.agent ?? false })
  request.once('socket', (socket) => {
    line.isReused = usedBefore.has(socket)
    usedBefore.add(socket)
  })
  request.end(method === 'POST' ? BODY : undefined)
  return request
}

function answered(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
  })
}

async function read(response: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    const buffer = Buffer.from(chunk)
    bytes += buffer.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error('its answer is over 8 MiB')
    chunks.push(buffer)
  }
  return Buffer.concat(chunks)
}

const echoSchema = z.object({ sha256: z.string() })

function problemOf(
  { method }: Shot,
  { statusCode = 0, headers }: http.IncomingMessage,
  body: Buffer,
): string | null {
  if (statusCode < 200 || statusCode > 299) return `HTTP ${statusCode}`
  if (method === 'GET' || !headers['content-type']?.startsWith('application/json')) return null
  const echo = echoSchema.safeParse(JSON.parse(body.toString('utf8')))
  return echo.success && echo.data.sha256 !== BODY_SHA256 ? 'the body arrived changed' : null
}

function servedByOf({ headers }: http.IncomingMessage): string | null {
  const value = headers['x-served-by']
  return typeof value === 'string' ? value : null
}

function wordsFor(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
  return `${code}: ${cause.message}`
}
