import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { barSchema } from '../release/bar.ts'
import type { Bars } from '../release/ports.ts'
import { actorSchema } from '../release/release.ts'

/** Append-only, so that who let a build be used again stays known too. What holds is the newest event of an id. */
export const BARS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS bars (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, deployment_id TEXT NOT NULL, event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS bars_of_build ON bars (deployment_id, seq);
`

const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('barred'), bar: barSchema }),
  z.object({ type: z.literal('unbarred'), actor: actorSchema }),
])

type Event = z.infer<typeof eventSchema>

/** The bars in an open journal's database, which makes each write durable before it returns. `onWrite` is called after each. */
export function barsIn(db: DatabaseSync, onWrite: () => void): Bars {
  const insert = db.prepare('INSERT INTO bars (at, deployment_id, event) VALUES (?, ?, ?)')
  const newest = db.prepare(
    'SELECT event FROM bars WHERE seq IN (SELECT max(seq) FROM bars GROUP BY deployment_id) ORDER BY seq DESC',
  )
  const write = (at: string, deploymentId: string, event: Event): void => {
    insert.run(at, deploymentId, JSON.stringify(event))
    onWrite()
  }
  return {
    bar: ({ deploymentId, version }, reason, actor) => {
      const bar = { deploymentId, version, reason, actor, at: new Date().toISOString() }
      write(bar.at, deploymentId, { type: 'barred', bar })
      return bar
    },
    unbar: (deploymentId, actor) =>
      write(new Date().toISOString(), deploymentId, { type: 'unbarred', actor }),
    list: () =>
      newest.all().flatMap(({ event }) => {
        const parsed = eventSchema.parse(JSON.parse(String(event)))
        return parsed.type === 'barred' ? [parsed.bar] : []
      }),
  }
}
