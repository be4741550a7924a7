import { createHash } from 'node:crypto'
import http2 from 'node:http2'
import { reasonOf } from '../../src/release/errors.ts'
import { atRate } from '../../test/load/pace.ts'
import { startRelay } from '../../test/load/relay.ts'
import { TLS_NAME } from '../docker/certificate.ts'
import type { Incident } from './plan.ts'

export type Http2Load = {
  stop(): Promise<void>
  /** Requests that went out until now, whatever became of them. */
  begunSoFar(): number
  ended: Promise<void>
}

type Options = {
  host: string
  port: number
  ratePerSecond: number
  farShare: number
  farRoundTripMs: number
  report(incident: Incident): void
}

const SESSIONS_PER_LINE = 8
const ROUNDING = 1e-9
const ANSWER_WITHIN_MS = 15_000
const MAX_REQUESTS = 10_000_000
const BODY = Buffer.alloc(8 * 1024, 'switchyard ')
const BODY_SHA256 = createHash('sha256').update(BODY).digest('hex')

type Line = { name: string; origin: string; sessions: (http2.ClientHttp2Session | null)[] }

/** As test/load, over HTTP/2 with TLS: near and far, on sessions that stay open and on some of their own. Nothing is sent twice. */
export async function startHttp2Load(options: Options): Promise<Http2Load> {
  const { host, port, ratePerSecond, farShare, farRoundTripMs, report } = options
  const relay = await startRelay({ host, port, delayMs: farRoundTripMs / 2 })
  const near: Line = { name: '', origin: `https://${host}:${port}`, sessions: [] }
  const far: Line = { name: ' far', origin: `https://127.0.0.1:${relay.port}`, sessions: [] }
  const halt = new AbortController()
  const inFlight = new Set<Promise<void>>()
  let number = 0
  const shoot = () => {
    const index = number++
    // Shares that run through all their combinations: some far, a quarter POSTs, one in eleven on a session of its own.
    const line = (index * farShare) % 1 < farShare - ROUNDING ? far : near
    const isPost = index % 4 === 0
    const isFresh = index % 11 === 0
    const kind = `HTTP/2 ${isPost ? 'POST' : 'GET'}${isFresh ? ' fresh' : ''}${line.name}`
    const done = exchange(line, isFresh ? null : index % SESSIONS_PER_LINE, isPost)
      .catch((cause: unknown) => report(incidentOf(kind, cause)))
      .finally(() => inFlight.delete(done))
    inFlight.add(done)
  }
  const ended = atRate(ratePerSecond, MAX_REQUESTS, halt.signal, shoot)
    .then(() => Promise.all(inFlight))
    .then(async () => {
      for (const session of [...near.sessions, ...far.sessions]) session?.destroy()
      await relay.close()
    })
  const stop = () => {
    halt.abort()
    return ended
  }
  return { stop, ended, begunSoFar: () => number }
}

async function exchange(line: Line, place: number | null, isPost: boolean): Promise<void> {
  const session = place === null ? open(line) : sessionAt(line, place)
  try {
    await ask(session, isPost)
  } finally {
    if (place === null) session.close()
  }
}

/** A session that the server wants to end takes no new request: the next one opens another, as browsers do. */
function sessionAt(line: Line, place: number): http2.ClientHttp2Session {
  const kept = line.sessions[place]
  if (kept && !kept.closed && !kept.destroyed) return kept
  const session = open(line)
  line.sessions[place] = session
  const forget = () => {
    if (line.sessions[place] === session) line.sessions[place] = null
  }
  for (const event of ['goaway', 'close', 'error'] as const) session.once(event, forget)
  return session
}

function open({ origin }: Line): http2.ClientHttp2Session {
  const session = http2.connect(origin, { rejectUnauthorized: false, servername: TLS_NAME })
  // What becomes of its requests is told by each of them.
  session.on('error', () => undefined)
  return session
}

function ask(session: http2.ClientHttp2Session, isPost: boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const method = isPost ? 'POST' : 'GET'
  const stream = session.request({
    ':method': method,
    ':path': isPost ? '/echo' : '/',
    ':authority': TLS_NAME,
  })
  stream.setTimeout(ANSWER_WITHIN_MS, () => {
    reject(new Error(`no whole answer within ${ANSWER_WITHIN_MS} ms`))
    stream.close(http2.constants.NGHTTP2_CANCEL)
  })
  let status = 0
  const chunks: Buffer[] = []
  stream.on('response', (headers) => {
    status = headers[':status'] ?? 0
  })
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', (error) => {
    reject(stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM ? new RefusedStream() : error)
  })
  stream.on('close', () => {
    if (stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM) reject(new RefusedStream())
    else reject(new Error(`the stream was closed (${stream.rstCode}) before its answer was whole`))
  })
  stream.on('end', () => {
    if (stream.rstCode !== 0) return
    if (status !== 200) return reject(new Error(`HTTP ${status || 'none'}`))
    const text = Buffer.concat(chunks).toString('utf8')
    if (isPost && !text.includes(BODY_SHA256)) return reject(new Error('the body arrived changed'))
    resolve()
  })
  stream.end(isPost ? BODY : undefined)
  return promise
}

/** The server says that it has not begun with it, so a browser asks again by itself, a POST too. */
class RefusedStream extends Error {
  constructor() {
    super('REFUSED_STREAM')
  }
}

function incidentOf(kind: string, cause: unknown): Incident {
  const what = cause instanceof RefusedStream ? 'refused' : 'failed'
  return { atMs: Date.now(), what, kind, error: reasonOf(cause) }
}
