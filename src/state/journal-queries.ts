import type { DatabaseSync } from 'node:sqlite'
import type { Journal } from '../release/ports.ts'
import { type Release, releaseSchema } from '../release/release.ts'
import type { Slot } from '../release/slot.ts'
import { replayed } from './journal-file.ts'

export type JournalQueries = Pick<Journal, 'get' | 'list' | 'unfinished' | 'newestLive' | 'holderOf'> & {
  /** The release as its events say, whatever the folded table holds. Throws where an event is not legal. */
  replay(id: number): Release
}

/** As `startsSlot` has it. */
const STARTED = `(verb = 'deploy' OR EXISTS
  (SELECT 1 FROM json_each(body, '$.steps') WHERE json_each.value ->> '$.name' = 'start'))`

/** What is asked of an open journal's database; each answer is what it holds now. */
export function queriesOn(db: DatabaseSync): JournalQueries {
  const one = (where: string, ...values: (string | number)[]): Release | null => {
    const row = db.prepare(`SELECT body FROM releases WHERE ${where} ORDER BY id DESC LIMIT 1`).get(...values)
    return row ? parseRelease(row.body) : null
  }
  return {
    replay: (id) =>
      replayed(id, db.prepare('SELECT at, event FROM events WHERE release = ? ORDER BY seq').all(id)),
    get: (id) => one('id = ?', id),
    list: ({ before, limit }) =>
      db
        .prepare('SELECT body FROM releases WHERE id < ? ORDER BY id DESC LIMIT ?')
        .all(before ?? Number.MAX_SAFE_INTEGER, limit)
        .map((row) => parseRelease(row.body)),
    unfinished: () =>
      db
        .prepare("SELECT body FROM releases WHERE state IN ('preparing', 'switching') ORDER BY id")
        .all()
        .map((row) => parseRelease(row.body)),
    newestLive: () => one("state = 'live'"),
    holderOf: (slot: Slot) => one(`state = 'live' AND ${STARTED} AND (slot = ? OR from_slot IS NULL)`, slot),
  }
}

export function parseRelease(body: unknown): Release {
  return releaseSchema.parse(JSON.parse(String(body)))
}
