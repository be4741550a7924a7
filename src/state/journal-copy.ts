import { closeSync, fsyncSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'

const rowSchema = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))

const lineSchema = z.object({ table: z.string(), row: rowSchema.and(z.object({ seq: z.number().int() })) })

/** One row of an append-only table, as one line of JSON. */
export type CopiedRow = z.infer<typeof lineSchema>

const LINE_END = 0x0a

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
export function journalCopy(db: DatabaseSync, path: string): JournalCopy {
  const tables = appendOnlyTables(db)
  const { rows, wholeBytes } = readCopy(path)
  const copied = new Map<string, number>()
  for (const { table, row } of rows) copied.set(table, row.seq)
  let length = wholeBytes
  let isBehind = false

  function follow(): void {
    try {
      // Somebody cut it short or took it away: it is made anew.
      if (sizeOf(path) < length) {
        length = 0
        copied.clear()
      }
      const added = tables.flatMap((table) => rowsAfter(db, table, copied.get(table) ?? 0))
      if (added.length === 0) return
      const lines = Buffer.from(added.map((line) => `${JSON.stringify(line)}\n`).join(''))
      writeAt(path, length, lines)
      length += lines.length
      for (const { table, row } of added) copied.set(table, row.seq)
      isBehind = false
    } catch (cause) {
      if (!isBehind) console.error(`The copy of the journal is behind: ${String(cause)}.`)
      isBehind = true
    }
  }

  return { follow }
}

/**
 * What the copy at `path` holds, oldest first, and the bytes up to the end of its last whole line: a write may have been cut
 * off. Lines that can't be read are counted and left out. An absent copy is an empty one.
 */
export function readCopy(path: string): { rows: CopiedRow[]; unreadable: number; wholeBytes: number } {
  const bytes = bytesOf(path)
  const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_END) + 1)
  const lines = whole.toString('utf8').split('\n').slice(0, -1)
  const rows = lines.flatMap((line) => parsed(line) ?? [])
  return { rows, unreadable: lines.length - rows.length, wholeBytes: whole.length }
}

/** The newest row of each table that the copy has and `db` has not: the database was put back, or lost what it had acknowledged. */
export function rowsAhead(db: DatabaseSync, rows: readonly CopiedRow[]): number {
  const newest = new Map(appendOnlyTables(db).map((table) => [table, newestSeq(db, table)]))
  return rows.filter(({ table, row }) => row.seq > (newest.get(table) ?? Number.POSITIVE_INFINITY)).length
}

export function appendOnlyTables(db: DatabaseSync): string[] {
  return db
    .prepare(
      "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'seq' AND c.pk = 1 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name",
    )
    .all()
    .map(({ name }) => String(name))
}

function newestSeq(db: DatabaseSync, table: string): number {
  return Number(db.prepare(`SELECT coalesce(max(seq), 0) AS seq FROM "${table}"`).get()?.seq)
}

function rowsAfter(db: DatabaseSync, table: string, seq: number): CopiedRow[] {
  return db
    .prepare(`SELECT * FROM "${table}" WHERE seq > ? ORDER BY seq`)
    .all(seq)
    .map((row) => lineSchema.parse({ table, row }))
}

/** What stood behind the last whole line was never counted as copied. */
function writeAt(path: string, offset: number, bytes: Buffer): void {
  const fd = openSync(path, 'a', 0o600)
  try {
    truncateSync(path, offset)
    writeSync(fd, bytes)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  if (offset === 0) syncDirectory(dirname(path))
}

export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function parsed(line: string): CopiedRow | null {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return Buffer.alloc(0)
    throw cause
  }
}
