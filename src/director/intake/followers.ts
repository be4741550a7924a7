import { ReleaseError } from '../../release/errors.ts'
import { SLOT_LIMITS } from './limits.ts'

type Limits = { streams: number; streamsOfSession: number }

/** The event streams that are open behind one socket. */
export type Followers = {
  /** Counts one more, until what it returns is called. Throws `too-many-streams`. */
  add(sessionId: string): () => void
}

/** Each stream keeps a connection and reads from disk or Docker, so that a session and a slot may hold only so many. */
export function followers(limits: Limits = SLOT_LIMITS): Followers {
  const bySession = new Map<string, number>()
  let all = 0

  function count(sessionId: string, by: 1 | -1): void {
    all += by
    const now = (bySession.get(sessionId) ?? 0) + by
    if (now === 0) bySession.delete(sessionId)
    else bySession.set(sessionId, now)
  }

  return {
    add: (sessionId) => {
      const ofSession = bySession.get(sessionId) ?? 0
      if (all >= limits.streams || ofSession >= limits.streamsOfSession)
        throw new ReleaseError('too-many-streams', { open: String(Math.max(ofSession, all)) })
      let isOver = false
      count(sessionId, 1)
      return () => {
        if (!isOver) count(sessionId, -1)
        isOver = true
      }
    },
  }
}
