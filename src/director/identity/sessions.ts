import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { ReleaseError } from '../../release/errors.ts'
import { tellFault } from '../intake/tell-fault.ts'
import type { SessionView } from '../operators-protocol.ts'

/** How exact `lastUsedAt` is: each use would else cost a durable write. */
const NOTE_EVERY_MS = 60_000

const rowSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  used_at_ms: z.number().nullable(),
  used_from: z.string().nullable(),
})
const idSchema = z.object({ id: z.string() })
const useSchema = z.object({ used_at_ms: z.number() }).optional()

export type Sessions = {
  /** Those that are still good, the newest first; `ownId` is the one who asks. */
  list(ownId: string | null): SessionView[]
  /** Ends one, by its id or how that begins, and answers with whose it was. Throws `not-found`. */
  endOne(id: string): SessionView
  /** Ends all but `exceptId`, and answers with how many. */
  endAll(exceptId: string | null): number
  endOf(userId: string): number
  end(id: string): void
  /** Whether nobody has used it for too long. */
  isIdle(id: string, begunMs: number): boolean
  /** Notes that it was used, and from where. */
  used(id: string, from: string | null): void
  /** Somebody follows by it, so that it is in use until what this returns is called. */
  follow(id: string): () => void
  /** Aborted when the session ends, however it does; by itself in `leftMs`. */
  ending(id: string, leftMs: number): AbortSignal
  /** For a session that another has ended in the database: what still follows by it ends too. */
  hasEnded(id: string): void
}

/** The sessions of the operators, which better-auth begins. One ends that nobody uses for `idleMs`, and whatever is open by it. */
export function sessions(database: DatabaseSync, now: () => number, idleMs: number): Sessions {
  const select = database.prepare(
    `SELECT session.id, name, email, session.createdAt, expiresAt, ipAddress, userAgent, used_at_ms, used_from
     FROM session JOIN user ON user.id = session.userId LEFT JOIN session_use ON session_use.session_id = session.id
     WHERE expiresAt > ? ORDER BY session.createdAt DESC`,
  )
  const selectOf = database.prepare('SELECT id FROM session WHERE userId = ?')
  const selectAll = database.prepare('SELECT id FROM session')
  const remove = database.prepare('DELETE FROM session WHERE id = ?')
  const forget = database.prepare('DELETE FROM session_use WHERE session_id NOT IN (SELECT id FROM session)')
  const note = database.prepare('INSERT OR REPLACE INTO session_use VALUES (?, ?, ?)')
  const touch = database.prepare('UPDATE session_use SET used_at_ms = ? WHERE session_id = ?')
  const selectUse = database.prepare('SELECT used_at_ms FROM session_use WHERE session_id = ?')
  const noted = new Map<string, number>()
  const used = new Map<string, number>()
  const followed = new Map<string, number>()
  const open = new Map<string, AbortController>()

  /** When it ends unless somebody uses it until then. */
  function idleAtMs(id: string, begunMs: number): number {
    if (followed.has(id)) return Number.POSITIVE_INFINITY
    const noted = useSchema.parse(selectUse.get(id))?.used_at_ms
    return Math.max(used.get(id) ?? noted ?? 0, begunMs) + idleMs
  }

  const isIdle = (id: string, begunMs: number): boolean => idleAtMs(id, begunMs) <= now()

  function rows() {
    return z
      .array(rowSchema)
      .parse(select.all(isoOf(now())))
      .filter(({ id, createdAt }) => !isIdle(id, Date.parse(createdAt)))
  }

  function list(ownId: string | null): SessionView[] {
    return rows().map((row) => ({
      ...{ id: row.id, name: row.name, email: row.email, since: row.createdAt },
      expiresAt: isoOf(Math.min(Date.parse(row.expiresAt), idleAtMs(row.id, Date.parse(row.createdAt)))),
      ...{ address: row.ipAddress || null, browser: row.userAgent || null },
      lastUsedAt: row.used_at_ms === null ? null : isoOf(row.used_at_ms),
      lastAddress: row.used_from,
      isOwn: row.id === ownId,
    }))
  }

  /** A director that is started anew knows no streams. A full disk is no reason to end this one. */
  function noteFollowed(id: string): void {
    try {
      touch.run(now(), id)
    } catch (cause) {
      tellFault(cause)
    }
  }

  function hasEnded(id: string): void {
    open.get(id)?.abort()
    open.delete(id)
    noted.delete(id)
    used.delete(id)
  }

  function end(ids: readonly string[]): number {
    for (const id of ids) remove.run(id)
    forget.run()
    for (const id of ids) hasEnded(id)
    return ids.length
  }

  return {
    list,
    endOne: (id) => {
      const found = list(null).filter((session) => session.id.startsWith(id))
      const [one] = found
      if (one === undefined) throw new ReleaseError('not-found', { thing: `session ${id}` })
      if (found.length > 1) {
        throw new ReleaseError('bad-request', {
          reason: `several sessions begin with ${id}: give more of its id`,
        })
      }
      end([one.id])
      return one
    },
    endAll: (exceptId) => {
      const good = rows().filter(({ id }) => id !== exceptId)
      const all = z.array(idSchema).parse(selectAll.all())
      end(all.flatMap(({ id }) => (id === exceptId ? [] : [id])))
      return good.length
    },
    endOf: (userId) =>
      end(
        z
          .array(idSchema)
          .parse(selectOf.all(userId))
          .map(({ id }) => id),
      ),
    end: (id) => void end([id]),
    isIdle,
    used: (id, from) => {
      const at = now()
      used.set(id, at)
      if (at - (noted.get(id) ?? 0) < NOTE_EVERY_MS) return
      noted.set(id, at)
      note.run(id, at, from)
    },
    follow: (id) => {
      followed.set(id, (followed.get(id) ?? 0) + 1)
      const noting = setInterval(() => noteFollowed(id), NOTE_EVERY_MS).unref()
      return () => {
        clearInterval(noting)
        const left = (followed.get(id) ?? 1) - 1
        if (left > 0) return followed.set(id, left)
        followed.delete(id)
        if (open.has(id)) used.set(id, now())
      }
    },
    ending: (id, leftMs) => {
      const known = open.get(id)
      if (known !== undefined) return known.signal
      const controller = new AbortController()
      open.set(id, controller)
      setTimeout(() => hasEnded(id), Math.max(0, leftMs)).unref()
      return controller.signal
    },
    hasEnded,
  }
}

const isoOf = (ms: number): string => new Date(ms).toISOString()
