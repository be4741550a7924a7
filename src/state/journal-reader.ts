import { DatabaseSync } from 'node:sqlite'
import { reasonOf } from '../release/errors.ts'
import type { Bars } from '../release/ports.ts'
import type { Release } from '../release/release.ts'
import { barsIn } from './bars.ts'
import { isUnusable, mustBeWhole } from './damaged-database.ts'
import { appendOnlyTables, type CopiedRow, copyPath, readCopy, rowsLostBy } from './journal-copy.ts'
import { FOLDED_AT_OPENING } from './journal-file.ts'
import { type JournalQueries, parseRelease, queriesOn } from './journal-queries.ts'

export type JournalReader = JournalQueries & {
  bars: Pick<Bars, 'list'>
  /** How many of the entries that its copy holds are not there, or not as they were written. */
  lost(): number
  /** How many entries its copy lacks, or holds in lines that can't be read. */
  missingInCopy(): number
  /**
   * Of the newest releases, which opening folds anew: those whose row says something else than their events, oldest first.
   * Throws where these are no legal ones.
   */
  misfolded(): number[]
  close(): void
}

/**
 * A look at the journal at `path` that changes nothing and makes none. Throws where it is missing, and where SQLite finds
 * it damaged, with the end of a sentence as its message.
 */
export function readJournal(path: string): JournalReader {
  const copied = readCopy(copyPath(path))
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    mustBeWhole(db)
    const queries = queriesOn(db)
    return {
      ...queries,
      bars: barsIn(db, () => undefined),
      lost: () => rowsLostBy(db, copied.rows),
      missingInCopy: () => copied.unreadable + rowsOnlyIn(db, copied.rows),
      misfolded: () =>
        db
          .prepare('SELECT id, state, verb, slot, from_slot, body FROM releases ORDER BY id DESC LIMIT ?')
          .all(FOLDED_AT_OPENING)
          .filter((row) => !isFoldOf(row, queries.replay(Number(row.id))))
          .map(({ id }) => Number(id))
          .reverse(),
      close: () => db.close(),
    }
  } catch (cause) {
    db.close()
    throw isUnusable(cause) ? new Error(`SQLite finds it damaged (${reasonOf(cause)})`, { cause }) : cause
  }
}

function rowsOnlyIn(db: DatabaseSync, copied: readonly CopiedRow[]): number {
  const known = new Set(copied.map(({ table, row }) => `${table} ${row.seq}`))
  const rows = appendOnlyTables(db).flatMap((table) =>
    db
      .prepare(`SELECT seq FROM "${table}"`)
      .all()
      .map(({ seq }) => `${table} ${seq}`),
  )
  return rows.filter((row) => !known.has(row)).length
}

function isFoldOf(row: Readonly<Record<string, unknown>>, release: Release): boolean {
  const { state, verb, slot, from } = release
  const columns = [row.state, row.verb, row.slot, row.from_slot]
  if (![state, verb, slot, from].every((value, index) => value === columns[index])) return false
  try {
    return JSON.stringify(parseRelease(row.body)) === JSON.stringify(parseRelease(JSON.stringify(release)))
  } catch {
    return false
  }
}
