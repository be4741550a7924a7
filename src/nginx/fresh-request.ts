import { type IncomingHttpHeaders, request } from 'node:http'

/** No answer that we ask nginx for is near this. */
const MAX_BODY_BYTES = 64 * 1024

export type FreshAnswer = { httpStatus: number; headers: IncomingHttpHeaders; body: string }

/**
 * One GET on a connection of its own, so that no kept-alive connection to an old worker can answer for the new state.
 * Rejects when `timeoutMs` for the whole answer is over, when `signal` aborts and when the body passes 64 KiB.
 */
export function freshRequest(url: URL, timeoutMs: number, signal: AbortSignal): Promise<FreshAnswer> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(deadline.aborted ? deadlineError(url, timeoutMs, error) : error)
    const outgoing = request(url, { agent: false, signal: deadline }, (incoming) => {
      const chunks: Buffer[] = []
      let bytes = 0
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > MAX_BODY_BYTES) incoming.destroy(new Error(`${url} answers with more than 64 KiB`))
      })
      incoming.on('error', fail)
      incoming.on('end', () => {
        resolve({
          httpStatus: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        })
      })
    })
    outgoing.on('error', fail)
    outgoing.end()
  })
}

function deadlineError(url: URL, timeoutMs: number, cause: Error): Error {
  return new Error(`${url.host} did not answer within ${timeoutMs} ms`, { cause })
}
