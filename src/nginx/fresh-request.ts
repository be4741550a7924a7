import { type IncomingHttpHeaders, request } from 'node:http'
import { awakeDeadline } from '../release/move/awake.ts'

/** No answer that we ask nginx for is near this. */
const MAX_BODY_BYTES = 64 * 1024

export type FreshAnswer = { httpStatus: number; headers: IncomingHttpHeaders; body: string }

/** No whole answer in time. `isTaken`: the connection was taken, so that somebody is there who is late. */
export class NoAnswer extends Error {
  readonly isTaken: boolean

  constructor(message: string, isTaken: boolean, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'NoAnswer'
    this.isTaken = isTaken
  }
}

/**
 * One GET on a connection of its own, so that no kept-alive connection to an old worker can answer for the new state.
 * Rejects with `NoAnswer` when `timeoutMs` for the whole answer are over, in time that this process is awake, and when nobody
 * takes the connection; and when `signal` aborts or the body passes 64 KiB.
 */
export async function freshRequest(url: URL, timeoutMs: number, signal: AbortSignal): Promise<FreshAnswer> {
  using deadline = awakeDeadline(timeoutMs)
  const contact = { isTaken: false }
  try {
    return await sent(url, contact, AbortSignal.any([signal, deadline.signal]))
  } catch (cause) {
    signal.throwIfAborted()
    if (deadline.signal.aborted)
      throw new NoAnswer(`${url.host} did not answer within ${timeoutMs} ms`, contact.isTaken, { cause })
    if (!contact.isTaken)
      throw new NoAnswer(cause instanceof Error ? cause.message : 'no answer', false, { cause })
    throw cause
  }
}

function sent(url: URL, contact: { isTaken: boolean }, signal: AbortSignal): Promise<FreshAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, signal }, (incoming) => {
      const chunks: Buffer[] = []
      let bytes = 0
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > MAX_BODY_BYTES) incoming.destroy(new Error(`${url} answers with more than 64 KiB`))
      })
      incoming.on('error', reject)
      incoming.on('end', () => {
        resolve({
          httpStatus: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        })
      })
    })
    outgoing.on('socket', (socket) =>
      socket.once('connect', () => {
        contact.isTaken = true
      }),
    )
    outgoing.on('error', reject)
    outgoing.end()
  })
}
