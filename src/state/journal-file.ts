import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { reasonOf } from '../release/errors.ts'
import { journalEventSchema } from '../release/journal-event.ts'
import type { Release } from '../release/release.ts'
import { applyEvent, createRelease } from '../release/transitions.ts'
import { BARS_SCHEMA } from './bars.ts'
import { isUnusable, mustBeWhole, quarantine } from './damaged-database.ts'
import { FREEZES_SCHEMA } from './freezes.ts'
import {
  appendOnlyTables,
  type CopiedRow,
  copyPath,
  readCopy,
  rowsLostBy,
  syncDirectory,
} from './journal-copy.ts'
import { KEEP_MARKS_SCHEMA } from './keep-marks.ts'

/**
 * `synchronous=FULL`: with NORMAL, 73 of 100 simulated power cuts lost commits that had been acknowledged.
 * `events` is the journal; `releases` is its fold, kept in the same transaction so that lists need no replay.
 */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS releases (
    id INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT NOT NULL, verb TEXT NOT NULL,
    slot TEXT NOT NULL, from_slot TEXT, body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, release INTEGER NOT NULL REFERENCES releases (id),
    at TEXT NOT NULL, event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS events_of_release ON events (release, seq);
  ${BARS_SCHEMA}
  ${KEEP_MARKS_SCHEMA}
  ${FREEZES_SCHEMA}
`

/** How many of the newest releases are folded anew to see whether what is kept of them is right. */
export const FOLDED_AT_OPENING = 200

/** What became of a journal that could not be used. */
export type Restored = {
  /** Why, in words without a full stop. */
  reason: string
  /** Where the damaged file lies now; null where there was none. */
  putAside: string | null
  /** Of the copy: what was taken over, and lines that could not be read. */
  rows: number
  lost: number
}

/**
 * Opens or creates the journal's database at `path`, readable by its owner alone. One that is damaged, is gone while its copy
 * is there, or lacks what the copy holds is put aside in `quarantine/` and made anew from the copy (`journal-copy.ts`).
 * May be killed anywhere and run again.
 */
export function openJournalFile(path: string): { db: DatabaseSync; restored: Restored | null } {
  const copied = readCopy(copyPath(path))
  const reason = damageOf(path, copied.rows)
  if (reason === null) return { db: foldedAnew(openSound(path)), restored: null }
  const fresh = `${path}-new`
  const lost = copied.unreadable + rebuild(fresh, copied.rows)
  const putAside = quarantine(path, ['', '-wal', '-shm'])
  renameSync(fresh, path)
  syncDirectory(dirname(path))
  // It would be found ahead of the journal for ever.
  if (lost > 0) quarantine(path, ['-copy'])
  return { db: openSound(path), restored: { reason, putAside, rows: copied.rows.length, lost } }
}

/** A release as its events say. Throws where there are none, and where one is not legal or can't be read. */
export function replayed(id: number, rows: readonly Readonly<Record<string, unknown>>[]): Release {
  const [first, ...rest] = rows.map(({ at, event }) => ({
    at: String(at),
    event: journalEventSchema.parse(JSON.parse(String(event))),
  }))
  if (!first) throw new Error(`Release ${id} is not in the journal.`)
  return rest.reduce(
    (release, { event, at }) => applyEvent(release, event, at),
    createRelease(id, first.event, first.at),
  )
}

/** Why the database at `path` can't be used, in words without a full stop; null where it can, or where there is none yet. */
export function damageOf(path: string, copied: readonly CopiedRow[]): string | null {
  if (!existsSync(path)) return copied.length === 0 ? null : 'it was gone'
  let db: DatabaseSync | null = null
  try {
    db = openSound(path)
    mustBeWhole(db)
    const lost = rowsLostBy(db, copied)
    return lost === 0
      ? null
      : `${lost} of the entries that had been written were not there, or not as they were written`
  } catch (cause) {
    if (isUnusable(cause)) return `SQLite finds it damaged (${reasonOf(cause)})`
    throw cause
  } finally {
    db?.close()
  }
}

function openSound(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    // Before there are files beside it: SQLite gives them the rights of this one.
    chmodSync(path, 0o600)
    db.exec(SCHEMA)
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

/** In one file, whole on disk, with nothing beside it. Answers with how many rows fit nowhere. */
function rebuild(path: string, rows: readonly CopiedRow[]): number {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  const db = openSound(path)
  try {
    db.exec('BEGIN; PRAGMA defer_foreign_keys = ON')
    const known = new Set(appendOnlyTables(db))
    for (const { table, row } of rows) if (known.has(table)) insert(db, table, row)
    const lost = foldReleases(db)
    db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE')
    return lost
  } finally {
    db.close()
  }
}

function insert(db: DatabaseSync, table: string, row: CopiedRow['row']): void {
  const names = Object.keys(row)
  const columns = names.map((name) => `"${name}"`).join(', ')
  const places = names.map(() => '?').join(', ')
  db.prepare(`INSERT OR REPLACE INTO "${table}" (${columns}) VALUES (${places})`).run(...Object.values(row))
}

/** Where a line of the copy was lost, a release ends with what came before it. */
function foldReleases(db: DatabaseSync): number {
  const events = db.prepare('SELECT seq, at, event FROM events WHERE release = ? ORDER BY seq')
  const forget = db.prepare('DELETE FROM events WHERE release = ? AND seq >= ?')
  const write = db.prepare(
    'INSERT INTO releases (id, state, verb, slot, from_slot, body) VALUES (?, ?, ?, ?, ?, ?)',
  )
  let lost = 0
  for (const { release: id } of db.prepare('SELECT DISTINCT release FROM events ORDER BY release').all()) {
    const all = events.all(Number(id))
    const { release, length } = longestReplay(Number(id), all)
    lost += all.length - length
    if (length < all.length) forget.run(Number(id), Number(all[length]?.seq))
    if (release) write.run(...valuesOf(release))
  }
  return lost
}

function longestReplay(id: number, rows: readonly Readonly<Record<string, unknown>>[]) {
  for (let length = rows.length; length > 0; length--) {
    try {
      return { release: replayed(id, rows.slice(0, length)), length }
    } catch {
      // One fewer, then.
    }
  }
  return { release: null, length: 0 }
}

function valuesOf(release: Release): [number, string, string, string, string | null, string] {
  const { id, state, verb, slot, from } = release
  return [id, state, verb, slot, from, JSON.stringify(release)]
}

/** The table of releases is a fold of the events, and is nothing that could be lost. */
function foldedAnew(db: DatabaseSync): DatabaseSync {
  const rows = db.prepare('SELECT * FROM releases ORDER BY id DESC LIMIT ?').all(FOLDED_AT_OPENING)
  const events = db.prepare('SELECT at, event FROM events WHERE release = ? ORDER BY seq')
  const update = db.prepare(
    'UPDATE releases SET id = ?, state = ?, verb = ?, slot = ?, from_slot = ?, body = ? WHERE id = ?',
  )
  for (const row of rows) {
    const id = Number(row.id)
    const values = valuesOf(replayed(id, events.all(id)))
    if (!isDeepStrictEqual(Object.values(row), values)) update.run(...values, id)
  }
  return db
}
