import type { DirectorClient } from '../director/client.ts'
import { forwardedHeaders } from './forwarded-headers.ts'
import { directorUnreachable } from './refusals.ts'

/** What the browser needs of the director's answer; the rest belongs to the hop between them. */
const RETURNED = [
  'content-type',
  'location',
  'retry-after',
  'x-retry-after',
  'x-switchyard-protocol',
] as const

/**
 * Passes one request of the console on to the director as `/v1/PATH` and streams its answer back.
 * Answers 503 with a refusal when the director can't be reached, 404 for a path that would leave `/v1`.
 * The stream ends with the browser's interest in it, or when `stop` says that this slot is to end; a browser then opens
 * an event stream again after `retryMs`.
 */
export async function relay(
  request: Request,
  path: readonly string[],
  { client, stop, retryMs }: { client: DirectorClient; stop: AbortSignal; retryMs: number },
): Promise<Response> {
  if (path.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return new Response(null, { status: 404 })
  }
  const target = `/v1/${path.map(encodeURIComponent).join('/')}${new URL(request.url).search}`
  const signal = AbortSignal.any([request.signal, stop])
  try {
    return returned(await client.raw(target, outgoing(request, signal)), retryMs)
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 })
    console.error(`ops: ${request.method} ${target}:`, error)
    return Response.json({ error: directorUnreachable() }, { status: 503, headers: NEVER_KEPT })
  }
}

const NEVER_KEPT = { 'cache-control': 'no-store' }
// Next compresses an event stream unless it may not be transformed, and nginx buffers it unless told otherwise.
const UNBUFFERED = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' }

function outgoing(request: Request, signal: AbortSignal): Parameters<DirectorClient['raw']>[1] {
  const { method } = request
  const headers = forwardedHeaders(request.headers)
  if (method === 'GET' || method === 'HEAD' || request.body === null) return { method, signal, headers }
  return { method, signal, headers, body: request.body, duplex: 'half' }
}

type Answer = Awaited<ReturnType<DirectorClient['raw']>>

function returned(answer: Answer, retryMs: number): Response {
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const headers = new Headers(isStream ? UNBUFFERED : NEVER_KEPT)
  for (const name of RETURNED) {
    const value = answer.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  for (const cookie of answer.headers.getSetCookie()) headers.append('set-cookie', cookie)
  const body = answer.body && passedOn(answer.body, isStream ? `retry: ${retryMs}\n\n` : null)
  return new Response(body, { status: answer.status, headers })
}

/** An event stream begins with `hello`, and when it breaks just ends: the browser resumes it. Any other body that breaks must not look whole. */
function passedOn(body: NonNullable<Answer['body']>, hello: string | null): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    start(controller) {
      if (hello !== null) controller.enqueue(new TextEncoder().encode(hello))
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        if (hello !== null) controller.close()
        else controller.error(error)
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
