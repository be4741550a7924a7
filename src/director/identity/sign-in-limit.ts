import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { ReleaseError } from '../../release/errors.ts'
import { immediately } from './database.ts'

/** So many attempts come without a wait; each further one doubles it, up to the cap. Quiet for a while, all is forgotten. */
const FREE_ATTEMPTS = 5
const DELAY_CAP_MS = 60_000
const MEMORY_MS = 60 * 60_000

const rowSchema = z.object({ attempts: z.number(), next_at_ms: z.number() })

export type SignInLimit = {
  /** Counts an attempt before its password is looked at, so that many at once get no further. Throws `too-many-attempts`. */
  begin(email: string): void
  /** After a sign-in that was right, or a reset on the host. */
  forget(email: string): void
}

/**
 * Limits attempts by account, whether it exists or not. The limit by address rests on a header that comes through the
 * slots; this one does not. It never locks: the longest wait is a minute.
 */
export function signInLimit(database: DatabaseSync, now: () => number): SignInLimit {
  const prune = database.prepare('DELETE FROM sign_in_attempt WHERE last_at_ms < ?')
  const find = database.prepare('SELECT attempts, next_at_ms FROM sign_in_attempt WHERE account_hash = ?')
  const save = database.prepare(
    `INSERT INTO sign_in_attempt (account_hash, attempts, last_at_ms, next_at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (account_hash) DO UPDATE SET
       attempts = excluded.attempts, last_at_ms = excluded.last_at_ms, next_at_ms = excluded.next_at_ms`,
  )
  const remove = database.prepare('DELETE FROM sign_in_attempt WHERE account_hash = ?')

  return {
    begin: (email) => {
      const account = accountOf(email)
      const at = now()
      immediately(database, () => {
        prune.run(at - MEMORY_MS)
        const row = find.get(account)
        const seen = row ? rowSchema.parse(row) : { attempts: 0, next_at_ms: 0 }
        if (at < seen.next_at_ms) throw tooManyAttempts(seen.next_at_ms - at)
        const attempts = seen.attempts + 1
        save.run(account, attempts, at, at + delayAfterMs(attempts))
      })
    },
    forget: (email) => {
      remove.run(accountOf(email))
    },
  }
}

/** The refusal that says when to try again. */
export function tooManyAttempts(waitMs: number): ReleaseError {
  return new ReleaseError('too-many-attempts', { seconds: String(Math.max(1, Math.ceil(waitMs / 1_000))) })
}

function delayAfterMs(attempts: number): number {
  if (attempts < FREE_ATTEMPTS) return 0
  return Math.min(DELAY_CAP_MS, 1_000 * 2 ** (attempts - FREE_ATTEMPTS))
}

/** A hash, because people type passwords into the wrong field. */
function accountOf(email: string): string {
  return createHash('sha256').update(email.trim().toLowerCase()).digest('hex')
}
