import { DatabaseSync } from 'node:sqlite'
import type { Bars } from '../release/ports.ts'
import type { Release } from '../release/release.ts'
import { barsIn } from './bars.ts'
import { appendOnlyTables, copyPath, newestSeq, readCopy, rowsAhead } from './journal-copy.ts'
import { unreadableOf } from './journal-file.ts'
import { type JournalQueries, parseRelease, queriesOn } from './journal-queries.ts'

export type JournalReader = JournalQueries & {
  bars: Pick<Bars, 'list'>
  /** Why the file can't be used as it is, in words without a full stop; null where it can. */
  damage(): string | null
  /** How many entries its copy lacks, or holds in lines that can't be read. */
  missingInCopy(): number
  /** Releases whose row says something else than their events, oldest first. Throws where these are no legal ones. */
  misfolded(): number[]
  close(): void
}

/** A look at the journal at `path` that changes nothing and makes none. Throws SQLite's words where it is missing, or none. */
export function readJournal(path: string): JournalReader {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const copied = readCopy(copyPath(path))
    const queries = queriesOn(db)
    return {
      ...queries,
      bars: barsIn(db, () => undefined),
      damage: () => {
        const [check = 'no answer'] = Object.values(db.prepare('PRAGMA quick_check(1)').get() ?? {})
        if (check !== 'ok') return `SQLite finds it damaged (${String(check).split('\n')[0]})`
        const ahead = rowsAhead(db, copied.rows)
        return ahead > 0 ? `it lacks ${ahead} of the entries that had been written` : unreadableOf(db)
      },
      missingInCopy: () => {
        const known = new Map(copied.rows.map(({ table, row }) => [table, row.seq]))
        const behind = appendOnlyTables(db).map((table) => newestSeq(db, table) - (known.get(table) ?? 0))
        return behind.reduce((sum, count) => sum + Math.max(0, count), copied.unreadable)
      },
      misfolded: () =>
        db
          .prepare('SELECT id, state, verb, slot, from_slot, body FROM releases ORDER BY id')
          .all()
          .filter((row) => !isFoldOf(row, queries.replay(Number(row.id))))
          .map(({ id }) => Number(id)),
      close: () => db.close(),
    }
  } catch (cause) {
    db.close()
    throw cause
  }
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
