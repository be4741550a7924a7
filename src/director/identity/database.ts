import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { reasonOf } from '../../release/errors.ts'
import { isUnusable, mustBeWhole, quarantine } from '../../state/damaged-database.ts'

const versionSchema = z.object({ user_version: z.number() })

/** The tables that are ours; the operators' and sessions' own are better-auth's, made by its migrations. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS setup_link (
    token_hash TEXT PRIMARY KEY,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sign_in_tally (
    account_hash TEXT NOT NULL,
    address_hash TEXT NOT NULL,
    empty_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_hash, address_hash)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sign_in_tally_age ON sign_in_tally (empty_at_ms);
  CREATE TABLE IF NOT EXISTS known_address (
    account_hash TEXT NOT NULL,
    address_hash TEXT NOT NULL,
    signed_in_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_hash, address_hash)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS session_use (
    session_id TEXT PRIMARY KEY,
    used_at_ms INTEGER NOT NULL,
    used_from TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    verb TEXT NOT NULL,
    release INTEGER,
    ip TEXT,
    user_agent TEXT,
    outcome TEXT NOT NULL CHECK (outcome IN ('asked', 'done', 'refused'))
  ) STRICT;
  CREATE INDEX IF NOT EXISTS audit_outcome ON audit (outcome, at);
  CREATE TRIGGER IF NOT EXISTS audit_keeps_rows BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'The audit record is append-only.'); END;
  CREATE TRIGGER IF NOT EXISTS audit_keeps_words BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'The audit record is append-only.'); END;
`

/**
 * Opens `STATE/identity.db`, readable by its owner alone. Whatever is acknowledged survives a power cut. One that is damaged
 * is put aside and begun anew: without operators a set-up link brings them back, without a director nothing is released.
 */
export function openIdentityDatabase(stateDir: string): DatabaseSync {
  const path = join(stateDir, 'identity.db')
  try {
    return openSound(path)
  } catch (cause) {
    if (!isUnusable(cause) || !existsSync(path)) throw cause
    const aside = quarantine(path, ['', '-wal', '-shm'])
    console.error(
      `${path} could not be used: ${reasonOf(cause)}. It lies in ${aside} now, and who may sign in was begun anew: \`switchyard setup-link\` makes an operator.`,
    )
    return openSound(path)
  }
}

function openSound(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    chmodSync(path, 0o600)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;')
    database.exec(TABLES)
    addSubject(database)
    addUses(database)
    mustBeWhole(database)
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}

/** Whom or what an act was about; records of before have none. */
function addSubject(database: DatabaseSync): void {
  const columns = database.prepare("SELECT 1 FROM pragma_table_info('audit') WHERE name = 'subject'")
  if (columns.get() === undefined) database.exec('ALTER TABLE audit ADD COLUMN subject TEXT')
}

/** Uses of sessions were not always noted, and no session is to end because of that. Once: one that nobody used is not to come back. */
function addUses(database: DatabaseSync): void {
  const { user_version } = versionSchema.parse(database.prepare('PRAGMA user_version').get())
  if (user_version > 0) return
  const hasSessions =
    database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'session'").get() !== undefined
  if (hasSessions) {
    database.prepare('INSERT OR IGNORE INTO session_use SELECT id, ?, NULL FROM session').run(Date.now())
  }
  database.exec('PRAGMA user_version = 1')
}

/**
 * Runs `work` in one transaction that holds the write lock from its first line. `work` is synchronous,
 * so that no other request's statement can get between: all of them share this one connection.
 */
export function immediately<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (cause) {
    database.exec('ROLLBACK')
    throw cause
  }
}
