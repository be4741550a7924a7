import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { keepMarkSchema } from '../release/keep-mark.ts'
import type { KeepMarks } from '../release/ports.ts'
import { actorSchema } from '../release/release.ts'

/** Append-only as the bars are. What holds is the newest event of an id. */
export const KEEP_MARKS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS keep_marks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, deployment_id TEXT NOT NULL, event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS keep_marks_of_build ON keep_marks (deployment_id, seq);
`

const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('kept'), mark: keepMarkSchema }),
  z.object({ type: z.literal('unkept'), actor: actorSchema }),
])

type Event = z.infer<typeof eventSchema>

/** The marks in an open journal's database, which makes each write durable before it returns. `onWrite` is called after each. */
export function keepMarksIn(db: DatabaseSync, onWrite: () => void): KeepMarks {
  const insert = db.prepare('INSERT INTO keep_marks (at, deployment_id, event) VALUES (?, ?, ?)')
  const newest = db.prepare(
    'SELECT event FROM keep_marks WHERE seq IN (SELECT max(seq) FROM keep_marks GROUP BY deployment_id) ORDER BY seq DESC',
  )
  const write = (at: string, deploymentId: string, event: Event): void => {
    insert.run(at, deploymentId, JSON.stringify(event))
    onWrite()
  }
  return {
    keep: ({ deploymentId, version }, reason, actor) => {
      const mark = { deploymentId, version, reason, actor, at: new Date().toISOString() }
      write(mark.at, deploymentId, { type: 'kept', mark })
      return mark
    },
    unkeep: (deploymentId, actor) => write(new Date().toISOString(), deploymentId, { type: 'unkept', actor }),
    list: () =>
      newest.all().flatMap(({ event }) => {
        const parsed = eventSchema.parse(JSON.parse(String(event)))
        return parsed.type === 'kept' ? [parsed.mark] : []
      }),
  }
}
