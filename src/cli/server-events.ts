import { createParser } from 'eventsource-parser'
import type { HostClient } from '../director/host-client.ts'
import { refusalSchema } from '../director/protocol.ts'
import { Refusal } from '../director/refusal.ts'
import { ReleaseError } from '../release/errors.ts'

export type ServerEvent = { event: string; data: string }

const EVENT_CAP_CHARACTERS = 1024 * 1024

/**
 * The events of one of the director's streams, until it is closed. Throws `Refusal`, also for an event of that name
 * within the stream, and `internal` with its cause where the connection ends otherwise: by the abort of `signal`, by a
 * director that dies, or by silence for longer than `idleMs`.
 */
export async function* serverEvents(
  client: HostClient,
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
      for (const event of arrived.splice(0)) {
        if (event.event === 'refusal') throw refusalIn(event, response.status)
        yield event
      }
    }
  } catch (cause) {
    throw cause instanceof Refusal || cause instanceof ReleaseError ? cause : brokenOff(cause)
  } finally {
    if (watchdog) clearTimeout(watchdog)
  }
}

/** A stream of which not all has come. */
export function brokenOff(cause: unknown): ReleaseError {
  const reason = "The director's answer broke off: the connection to it was cut."
  return new ReleaseError('internal', { reason }, { cause })
}

function refusalIn({ data }: ServerEvent, status: number): Refusal {
  return new Refusal(status, refusalSchema.parse(JSON.parse(data)).error)
}
