import type { z } from 'zod'
import type { HostClient } from '../director/host-client.ts'
import type { Screen } from './screen.ts'
import { type ServerEvent, serverEvents } from './server-events.ts'

/** What a command works with. */
export type Session = {
  /** Who asks, for display. */
  user: string
  screen: Screen
  /** Answers go out as JSON and nothing else does. */
  isJson: boolean
  /** Aborted by Ctrl-C, and by an SSH connection that ends: the command stops, a release goes on. */
  detach: AbortSignal
  /** Asks a person at the terminal yes or no. Null where a machine runs the command, or may. */
  ask: ((question: string) => Promise<boolean>) | null
  get<T>(schema: z.ZodType<T>, path: string): Promise<T>
  post<T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T>
  /** The events of a stream, until it ends. `idleMs` is how long it may be silent. */
  events(path: string, options: { idleMs: number | null }): AsyncGenerator<ServerEvent>
}

/** Longer than the director's own deadlines, so that its refusal is what is shown. */
const ANSWER_DEADLINE_MS = 60_000

export function createSession(
  client: HostClient,
  rest: Pick<Session, 'user' | 'screen' | 'isJson' | 'detach' | 'ask'>,
): Session {
  const headers = { 'x-switchyard-user': rest.user }
  return {
    ...rest,
    get: (schema, path) =>
      client.call(schema, path, { headers, signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) }),
    post: (schema, path, body = {}) =>
      client.call(schema, path, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
      }),
    events: (path, { idleMs }) => serverEvents(client, path, { headers, signal: rest.detach, idleMs }),
  }
}
