import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { type Release, releaseSchema } from '../../src/release/release.ts'
import type { Slot } from '../../src/release/slot.ts'
import { replayed } from '../../src/state/journal-file.ts'
import type { Rig } from './rig.ts'

/** What is in the journal's file, looked at from outside: the product's own way of opening it would mend it. */
export type JournalView = {
  live: Release | null
  /** Releases that have not come to an end. */
  unfinished: Release[]
  /** The release whose build each slot holds, as the journal knows it. */
  holders: Readonly<Record<Slot, number | null>>
  newestEvent: number
}

/** A cell makes three or four releases. */
const RECENT = 20

export function viewJournal(rig: Rig): JournalView {
  return within(rig, (db) => ({
    live: newest(db, "state = 'live'")[0] ?? null,
    unfinished: newest(db, "state NOT IN ('live', 'failed', 'aborted')", RECENT),
    holders: { primary: holder(db, 'primary'), secondary: holder(db, 'secondary') },
    newestEvent: Number(db.prepare('SELECT max(seq) AS seq FROM events').get()?.seq ?? 0),
  }))
}

/** In sentences: what the folded table says otherwise than the events, and releases that ran at once. */
export function contradictionsOf(rig: Rig): string[] {
  return within(rig, (db) => [...overlaps(db), ...unlikeItsEvents(db)])
}

function within<T>({ system }: Rig, look: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(system.dir, 'state/journal.db'), { readOnly: true })
  try {
    return look(db)
  } finally {
    db.close()
  }
}

function newest(db: DatabaseSync, condition: string, count = 1): Release[] {
  return db
    .prepare(`SELECT body FROM releases WHERE ${condition} ORDER BY id DESC LIMIT ?`)
    .all(count)
    .map(({ body }) => releaseSchema.parse(JSON.parse(String(body))))
}

function holder(db: DatabaseSync, slot: Slot): number | null {
  const isHolder = `state = 'live' AND verb = 'deploy' AND (slot = '${slot}' OR from_slot IS NULL)`
  return newest(db, isHolder)[0]?.id ?? null
}

function unlikeItsEvents(db: DatabaseSync): string[] {
  const events = db.prepare('SELECT at, event FROM events WHERE release = ? ORDER BY seq')
  const columns = db.prepare('SELECT id, state, verb, slot, from_slot AS "from" FROM releases WHERE id = ?')
  return newest(db, 'true', RECENT)
    .filter((release) => {
      const { id, state, verb, slot, from } = release
      const isInColumns = isDeepStrictEqual({ ...columns.get(id) }, { id, state, verb, slot, from })
      return !isInColumns || !isDeepStrictEqual(replayed(id, events.all(id)), release)
    })
    .map(({ id }) => `Release ${id} is not what its events say.`)
}

/** One at a time: by the order of the events, since a clock may have been moved. */
function overlaps(db: DatabaseSync): string[] {
  return db
    .prepare(
      `WITH spans AS (
         SELECT release, min(seq) AS began,
           max(CASE WHEN event ->> '$.type' IN ('live', 'failed', 'aborted') THEN seq END) AS ended
         FROM events WHERE release > (SELECT max(id) FROM releases) - ? GROUP BY release
       )
       SELECT next.release AS id FROM spans AS next JOIN spans AS former ON former.release = next.release - 1
       WHERE former.ended > next.began ORDER BY id DESC LIMIT 1`,
    )
    .all(RECENT)
    .map(({ id }) => `Release ${Number(id)} began before the one before it had ended.`)
}
