import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { type Freeze, freezeSchema, frozenBy } from '../release/freeze.ts'
import type { Freezes } from '../release/ports.ts'
import { actorSchema } from '../release/release.ts'

/** Append-only, so that who froze and who lifted stays known. What holds is what came after the last lift. */
export const FREEZES_SCHEMA = `
  CREATE TABLE IF NOT EXISTS freezes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, type TEXT NOT NULL, event TEXT NOT NULL
  ) STRICT;
`

const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('frozen'), freeze: freezeSchema }),
  z.object({ type: z.literal('lifted'), actor: actorSchema }),
])

type Event = z.infer<typeof eventSchema>

export type OpenFreezes = Freezes & {
  /** Writes a freeze within a transaction that its caller ends. */
  add(freeze: Freeze): void
}

/** The freezes in an open journal's database, which makes each write durable before it returns. `onWrite` is called after each but `add`. */
export function freezesIn(db: DatabaseSync, onWrite: () => void): OpenFreezes {
  const insert = db.prepare('INSERT INTO freezes (at, type, event) VALUES (?, ?, ?)')
  const sinceLift = db.prepare(
    "SELECT event FROM freezes WHERE seq > (SELECT coalesce(max(seq), 0) FROM freezes WHERE type = 'lifted') ORDER BY seq DESC",
  )
  const write = (at: string, event: Event): void => {
    insert.run(at, event.type, JSON.stringify(event))
  }
  const add = (freeze: Freeze): void => write(freeze.at, { type: 'frozen', freeze })
  return {
    add,
    freeze: (reason, actor) => {
      add({ cause: 'manual', reason, actor, at: new Date().toISOString(), release: null })
      onWrite()
    },
    lift: (actor) => {
      write(new Date().toISOString(), { type: 'lifted', actor })
      onWrite()
    },
    inForce: () =>
      frozenBy(
        sinceLift.all().flatMap(({ event }) => {
          const parsed = eventSchema.parse(JSON.parse(String(event)))
          return parsed.type === 'frozen' ? [parsed.freeze] : []
        }),
      ),
  }
}
