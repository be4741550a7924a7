import { createParser } from 'eventsource-parser'
import { type DirectorClient, Refusal } from '../director/client.ts'
import { refusalSchema } from '../director/protocol.ts'

export type ServerEvent = { event: string; data: string }

const EVENT_CAP_CHARACTERS = 1024 * 1024

/**
 * The events of one of the director's streams, until it is closed. Throws `Refusal`, and whatever ends a
 * connection: the abort of `signal`, a director that dies, or silence for longer than `idleMs`.
 */
export async function* serverEvents(
  client: DirectorClient,
  path: string,
  {
    headers,
    signal,
    idleMs,
  }: { headers: Record<string, string>; signal: AbortSignal; idleMs: number | null },
): AsyncGenerator<ServerEvent> {
  const idle = new AbortController()
  const watchdog =
    idleMs === null ? null : setTimeout(() => idle.abort(new Error('The stream fell silent.')), idleMs)
  const arrived: ServerEvent[] = []
  const parser = createParser({
    maxBufferSize: EVENT_CAP_CHARACTERS,
    onEvent: ({ event = 'message', data }) => arrived.push({ event, data }),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') idle.abort(error)
    },
  })
  try {
    const response = await client.raw(path, { headers, signal: AbortSignal.any([signal, idle.signal]) })
    if (!response.ok) throw new Refusal(response.status, refusalSchema.parse(await response.json()).error)
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      watchdog?.refresh()
      parser.feed(decoder.decode(chunk, { stream: true }))
      yield* arrived.splice(0)
    }
  } finally {
    if (watchdog) clearTimeout(watchdog)
  }
}
