import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { journalEventSchema } from '../release/journal-event.ts'
import type { Release } from '../release/release.ts'
import { applyEvent, createRelease } from '../release/transitions.ts'
import { BARS_SCHEMA } from './bars.ts'
import {
  appendOnlyTables,
  type CopiedRow,
  copyPath,
  readCopy,
  rowsAhead,
  syncDirectory,
} from './journal-copy.ts'

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
`

/** How many of the newest releases are read to see whether they still can be. */
const READ_AT_OPENING = 200
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26
const SQLITE_IOERR_SHORT_READ = 522

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
  if (reason === null) return { db: openSound(path), restored: null }
  const fresh = `${path}-new`
  rebuild(fresh, copied.rows)
  const putAside = quarantine(path)
  renameSync(fresh, path)
  syncDirectory(dirname(path))
  return {
    db: openSound(path),
    restored: { reason, putAside, rows: copied.rows.length, lost: copied.unreadable },
  }
}

/** Whether what was read is not what was written, by SQLite's word or because it is no JSON any more. */
export function isDamage(cause: unknown): boolean {
  if (cause instanceof SyntaxError) return true
  if (!(cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number')) return false
  const primary = cause.errcode & 0xff
  return primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB || cause.errcode === SQLITE_IOERR_SHORT_READ
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
    const check = String(Object.values(db.prepare('PRAGMA quick_check(1)').get() ?? {})[0])
    if (check !== 'ok') return `SQLite finds it damaged (${check.split('\n')[0]})`
    const ahead = rowsAhead(db, copied)
    if (ahead > 0) return `it lacked ${ahead} of the entries that had been written`
    return unreadableOf(db)
  } catch (cause) {
    if (isDamage(cause)) return `SQLite finds it damaged (${cause instanceof Error ? cause.message : cause})`
    throw cause
  } finally {
    db?.close()
  }
}

function unreadableOf(db: DatabaseSync): string | null {
  const rows = db.prepare('SELECT id, body FROM releases ORDER BY id DESC LIMIT ?').all(READ_AT_OPENING)
  const broken = rows.find(({ body }) => !isReadable(body))
  return broken ? `what it holds of release ${broken.id} can't be read` : null
}

/** JSON of another shape is another version's, and no damage. */
function isReadable(body: unknown): boolean {
  try {
    JSON.parse(String(body))
    return true
  } catch {
    return false
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

/** In one file, whole on disk, with nothing beside it. */
function rebuild(path: string, rows: readonly CopiedRow[]): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  const db = openSound(path)
  try {
    db.exec('BEGIN; PRAGMA defer_foreign_keys = ON')
    const known = new Set(appendOnlyTables(db))
    for (const { table, row } of rows) if (known.has(table)) insert(db, table, row)
    foldReleases(db)
    db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE')
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

function foldReleases(db: DatabaseSync): void {
  const events = db.prepare('SELECT at, event FROM events WHERE release = ? ORDER BY seq')
  const write = db.prepare(
    'INSERT INTO releases (id, state, verb, slot, from_slot, body) VALUES (?, ?, ?, ?, ?, ?)',
  )
  for (const { release: id } of db.prepare('SELECT DISTINCT release FROM events ORDER BY release').all()) {
    const release = replayed(Number(id), events.all(Number(id)))
    const { state, verb, slot, from } = release
    write.run(release.id, state, verb, slot, from, JSON.stringify(release))
  }
}

/** What SQLite keeps beside it goes along: the new one must not be given another's log. */
function quarantine(path: string): string | null {
  const directory = join(dirname(path), 'quarantine')
  const mark = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const target = join(directory, `${basename(path)}-${mark}`)
  const isThere = existsSync(path)
  for (const suffix of ['', '-wal', '-shm']) {
    if (!existsSync(`${path}${suffix}`)) continue
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    renameSync(`${path}${suffix}`, `${target}${suffix}`)
  }
  return isThere ? target : null
}
