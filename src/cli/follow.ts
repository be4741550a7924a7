import { setTimeout as pause } from 'node:timers/promises'
import { type ReleaseEvent, releaseEventSchema } from '../director/protocol.ts'
import { Refusal } from '../director/refusal.ts'
import type { ServerEvent } from './server-events.ts'
import type { Session } from './session.ts'

/** The director sends something every 15 s. */
const IDLE_MS = 45_000
const PAUSE_MS = 250
/** How long a director may be away, for example because it was killed, before following is given up. */
const AWAY_MS = 60_000

/** Nobody knows how the release ends: the director went away and did not come back. */
export class LostRelease extends Error {
  constructor(id: number, cause: unknown) {
    super(`The release director went away while release ${id} was under way, and did not come back.`, {
      cause,
    })
    this.name = 'LostRelease'
  }
}

const KNOWN = ['release', 'log', 'end']

/**
 * Follows a release to its end, across restarts of the director: the log goes on where it broke off.
 * Ends early when the session is detached. Throws `Refusal`, or `LostRelease` when the director stays away.
 */
export async function* followRelease(session: Session, id: number): AsyncGenerator<ReleaseEvent> {
  let from = 0
  let awaySince: number | null = null
  let reason: unknown = null
  while (!session.detach.aborted) {
    try {
      for await (const event of releaseEvents(session, `/v1/releases/${id}/events?from=${from}`)) {
        awaySince = null
        if (event.event === 'log') from = event.data.offset
        yield event
        if (event.event === 'end') return
      }
    } catch (cause) {
      if (session.detach.aborted) return
      if (cause instanceof Refusal) throw cause
      reason = cause
    }
    awaySince ??= performance.now()
    if (performance.now() - awaySince > AWAY_MS) throw new LostRelease(id, reason)
    await pause(PAUSE_MS)
  }
}

/** What there is of a release and its log, without waiting for more. */
export function readRelease(session: Session, id: number): AsyncGenerator<ReleaseEvent> {
  return releaseEvents(session, `/v1/releases/${id}/events?follow=0`)
}

async function* releaseEvents(session: Session, path: string): AsyncGenerator<ReleaseEvent> {
  for await (const event of session.events(path, { idleMs: IDLE_MS })) {
    // A director one version ahead may tell more than this client knows.
    if (KNOWN.includes(event.event)) yield parsed(event)
  }
}

function parsed({ event, data }: ServerEvent): ReleaseEvent {
  return releaseEventSchema.parse({ event, data: JSON.parse(data) })
}
