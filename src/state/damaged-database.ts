import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

const SQLITE_ERROR = 1
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26
const SQLITE_IOERR_SHORT_READ = 522

/** Whether what was read is not what was written, by SQLite's word or because it is no JSON any more. */
export function isDamage(cause: unknown): boolean {
  if (cause instanceof SyntaxError) return true
  const code = codeOf(cause)
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(code & 0xff) || code === SQLITE_IOERR_SHORT_READ
}

/** The same of what opening a database throws: SQLite refuses our own tables only where what it read there is nonsense. */
export const isUnusable = (cause: unknown): boolean => isDamage(cause) || codeOf(cause) === SQLITE_ERROR

/** Throws (`isDamage`) where SQLite finds a page that can't be one of its own. */
export function mustBeWhole(database: DatabaseSync): void {
  const found = String(Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0])
  if (found === 'ok') return
  throw Object.assign(new Error(found.split('\n')[0]), { errcode: SQLITE_CORRUPT })
}

function codeOf(cause: unknown): number {
  return cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode : 0
}

/**
 * Moves the database at `path` and what SQLite keeps beside it (by their suffixes) to `quarantine/` next to it: a new one must
 * not be given another's log. Answers with where it lies now, or null where there was none.
 */
export function quarantine(path: string, suffixes: readonly string[]): string | null {
  const directory = join(dirname(path), 'quarantine')
  const mark = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const target = join(directory, `${basename(path)}-${mark}`)
  const isThere = existsSync(path)
  for (const suffix of suffixes) {
    if (!existsSync(`${path}${suffix}`)) continue
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    renameSync(`${path}${suffix}`, `${target}${suffix}`)
  }
  return isThere ? target : null
}
