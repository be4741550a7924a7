import { connection } from 'next/server'
import { builtAs } from '../../../../../config/built-as.ts'
import { stopSignal } from '../../../../../workload/drain.ts'

/** One event, and then silence until the tab or the slot ends it. */
export async function GET(request: Request): Promise<Response> {
  await connection()
  const end = AbortSignal.any([request.signal, stopSignal()])
  const events = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(`data: ${builtAs}\n\n`))
      end.addEventListener('abort', () => controller.close(), { once: true })
    },
  })
  return new Response(events, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform' },
  })
}
