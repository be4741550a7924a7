import { connection } from 'next/server'
import { reconnectMs, stopSignal } from '../../../../workload/drain.ts'
import { servedBy } from '../../../../workload/served-by.ts'
import type { StreamEvent } from '../../stream-event.ts'

const INTERVAL_MS = 2_000
const MAX_AGE_MS = 10 * 60_000
const MAX_STREAMS = 500

let open = 0

/** Which slot is at the other end, every two seconds, until the browser leaves, the slot stops or ten minutes have passed. */
export async function GET(request: Request): Promise<Response> {
  await connection()
  if (open >= MAX_STREAMS) return new Response('Too many streams are open.\n', { status: 503 })
  const end = AbortSignal.any([request.signal, stopSignal(), AbortSignal.timeout(MAX_AGE_MS)])
  return new Response(events(end), {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  })
}

function events(end: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    start(controller) {
      open++
      const send = (text: string) => controller.enqueue(encoder.encode(text))
      const sendEvent = () => send(`data: ${JSON.stringify(event())}\n\n`)
      send(`retry: ${reconnectMs()}\n\n`)
      sendEvent()
      const timer = setInterval(sendEvent, INTERVAL_MS)
      const close = () => {
        clearInterval(timer)
        open--
        controller.close()
      }
      if (end.aborted) close()
      else end.addEventListener('abort', close, { once: true })
    },
  })
}

function event(): StreamEvent {
  const { slot, release, version } = servedBy()
  return { slot, release, version, at: new Date().toISOString() }
}
