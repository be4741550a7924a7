import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { reasonOf } from '../release/errors.ts'

const rowSchema = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))

const copiedRowSchema = z.object({
  table: z.string(),
  row: rowSchema.and(z.object({ seq: z.number().int() })),
})

/** One row of an append-only table: a line of the hash of its JSON and the JSON. */
export type CopiedRow = z.infer<typeof copiedRowSchema>

const LINE_END = 0x0a
const HASH_LENGTH = 16

/** Runs a write that has had no effect where it throws, and may run it again where the disk was full. */
export type Spend = <T>(write: () => T) => T

export type JournalCopy = {
  /**
   * Brings the copy up to what the journal holds, durably. Never throws: what the journal has acknowledged is so whatever
   * becomes of its copy, and the next call makes good what this one could not. Said once on the console of this process.
   */
  follow(): void
}

/** Beside the journal, as SQLite's own `-wal` and `-shm` are. */
export const copyPath = (journalPath: string): string => `${journalPath}-copy`

/**
 * The second copy of a journal, by other means: every row of its append-only tables (those with a `seq`) as a line of text.
 * SQLite survives a kill and a power cut, but not a page that the disk has lost or a hand has overwritten. From these lines
 * the journal is made anew, a release under way and all (`journal-file.ts`).
 */
export function journalCopy(db: DatabaseSync, path: string, spend: Spend = (write) => write()): JournalCopy {
  const tables = appendOnlyTables(db)
  const found = readCopy(path)
  const copied = new Map<string, number>()
  let length = 0
  let isBehind = false
  // One with a line that can't be read is made anew while the journal can still tell what stood there.
  if (found.unreadable === 0) {
    length = found.wholeBytes
    for (const { table, row } of found.rows) copied.set(table, row.seq)
  }

  function follow(): void {
    try {
      // Somebody cut it short or took it away.
      if (sizeOf(path) < length) {
        length = 0
        copied.clear()
      }
      const added = tables.flatMap((table) => rowsAfter(db, table, copied.get(table) ?? 0))
      if (added.length === 0) return
      const lines = Buffer.from(added.map(lineOf).join(''))
      // SQLite writes again where it has written before, so that a full disk may meet the copy alone.
      spend(() => (length === 0 ? begin(path, lines) : writeAt(path, length, lines)))
      length += lines.length
      for (const { table, row } of added) copied.set(table, row.seq)
      isBehind = false
    } catch (cause) {
      if (!isBehind) console.error(`The copy of the journal is behind: ${reasonOf(cause)}.`)
      isBehind = true
    }
  }

  return { follow }
}

/**
 * What the copy at `path` holds, oldest first, and the bytes up to the end of its last whole line: a write may have been cut
 * off. Lines that are not as they were written are counted and left out. One that is absent, or can't be read at all, is empty.
 */
export function readCopy(path: string): { rows: CopiedRow[]; unreadable: number; wholeBytes: number } {
  const bytes = bytesOf(path)
  const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_END) + 1)
  const lines = whole.toString('utf8').split('\n').slice(0, -1)
  const rows = lines.flatMap((line) => parsed(line) ?? [])
  return { rows, unreadable: lines.length - rows.length, wholeBytes: whole.length }
}

/** How many rows of the copy `db` has not, or not as they were written: it was put back, or lost what it had acknowledged. */
export function rowsLostBy(db: DatabaseSync, rows: readonly CopiedRow[]): number {
  const select = new Map(
    appendOnlyTables(db).map((table) => [table, db.prepare(`SELECT * FROM "${table}" WHERE seq = ?`)]),
  )
  return rows.filter(({ table, row }) => {
    const statement = select.get(table)
    return statement !== undefined && !isDeepStrictEqual({ ...statement.get(row.seq) }, { ...row })
  }).length
}

export function appendOnlyTables(db: DatabaseSync): string[] {
  return db
    .prepare(
      "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'seq' AND c.pk = 1 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name",
    )
    .all()
    .map(({ name }) => String(name))
}

function rowsAfter(db: DatabaseSync, table: string, seq: number): CopiedRow[] {
  return db
    .prepare(`SELECT * FROM "${table}" WHERE seq > ? ORDER BY seq`)
    .all(seq)
    .map((row) => copiedRowSchema.parse({ table, row }))
}

/** What stood there is of no use, but goes only when there is something better. */
function begin(path: string, bytes: Buffer): void {
  const temporary = `${path}.tmp`
  rmSync(temporary, { force: true })
  writeAt(temporary, 0, bytes)
  renameSync(temporary, path)
  syncDirectory(dirname(path))
}

/** What stood behind the last whole line was never counted as copied. */
function writeAt(path: string, offset: number, bytes: Buffer): void {
  const fd = openSync(path, 'a', 0o600)
  try {
    ftruncateSync(fd, offset)
    writeFileSync(fd, bytes)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function lineOf(row: CopiedRow): string {
  const json = JSON.stringify(row)
  return `${hashOf(json)} ${json}\n`
}

function parsed(line: string): CopiedRow | null {
  const json = line.slice(HASH_LENGTH + 1)
  if (line !== `${hashOf(json)} ${json}`) return null
  return copiedRowSchema.parse(JSON.parse(json))
}

const hashOf = (json: string): string => createHash('sha256').update(json).digest('hex').slice(0, HASH_LENGTH)

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    if (!isAbsent) console.error(`The copy of the journal can't be read: ${reasonOf(cause)}.`)
    return Buffer.alloc(0)
  }
}
