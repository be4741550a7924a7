import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { ReleaseError } from '../../release/errors.ts'
import type { SetupLink } from '../protocol.ts'
import { immediately } from './database.ts'

const TOKEN_BYTES = 32
const LIFETIME_MS = 30 * 60_000

const rowSchema = z.object({ expires_at_ms: z.number(), used_at_ms: z.number().nullable() })

export type SetupLinks = {
  /** A new link; one that was not used is no longer known. */
  issue(): SetupLink & { token: string }
  /** Throws `setup-link` with the problem `used`, `expired` or `unknown`. */
  check(token: string): void
  /** Checks and uses up the link. To be called inside the transaction that does what the link is for. */
  use(token: string): void
}

/** One-time links, of which only hashes are stored: who reads the database can't claim one. */
export function setupLinks(database: DatabaseSync, now: () => number): SetupLinks {
  const forget = database.prepare('DELETE FROM setup_link WHERE used_at_ms IS NULL')
  const insert = database.prepare('INSERT INTO setup_link (token_hash, expires_at_ms) VALUES (?, ?)')
  const find = database.prepare('SELECT expires_at_ms, used_at_ms FROM setup_link WHERE token_hash = ?')
  const markUsed = database.prepare('UPDATE setup_link SET used_at_ms = ? WHERE token_hash = ?')

  function check(token: string): void {
    const row = find.get(hashOf(token))
    if (!row) throw new ReleaseError('setup-link', { problem: 'unknown' })
    const link = rowSchema.parse(row)
    if (link.used_at_ms !== null) throw new ReleaseError('setup-link', { problem: 'used' })
    if (now() >= link.expires_at_ms) throw new ReleaseError('setup-link', { problem: 'expired' })
  }

  return {
    issue: () => {
      const token = randomBytes(TOKEN_BYTES).toString('base64url')
      const expiresAtMs = now() + LIFETIME_MS
      immediately(database, () => {
        forget.run()
        insert.run(hashOf(token), expiresAtMs)
      })
      return { token, path: `/ops/setup#token=${token}`, expiresAt: new Date(expiresAtMs).toISOString() }
    },
    check,
    use: (token) => {
      check(token)
      markUsed.run(now(), hashOf(token))
    },
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
