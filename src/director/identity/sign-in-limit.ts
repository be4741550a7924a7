import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { ReleaseError } from '../../release/errors.ts'
import { clientNetwork } from './client-network.ts'
import { immediately } from './database.ts'

/** So many attempts come without a wait, then one each interval. */
type Pace = { free: number; intervalMs: number }

const FROM_ONE_ADDRESS: Pace = { free: 5, intervalMs: 30_000 }
const OVER_ALL_ADDRESSES: Pace = { free: 100, intervalMs: 5_000 }
const OVER_ALL_ACCOUNTS: Pace = { free: 20, intervalMs: 3_000 }
const ALL_ADDRESSES = 'all addresses'
const ALL_ACCOUNTS = ''
/** Strangers write tallies; beyond this the oldest go first. */
const TALLIES_CAP = 10_000
/** An address that an operator signed in from stays theirs for so long. */
const KNOWN_FOR_MS = 30 * 24 * 60 * 60_000

const tallySchema = z.object({ empty_at_ms: z.number() })

/**
 * Who tries: the account that was typed, where the request came from by the word of the slot that relays it, and the socket of
 * that slot.
 */
export type Attempt = { email: string; address: string; door: string }

export type SignInLimit = {
  /** Counts an attempt before its password is looked at, so that many at once get no further. Throws `too-many-attempts`. */
  begin(attempt: Attempt): void
  /** Whether the account has been signed in to from there lately. */
  isKnown(attempt: Attempt): boolean
  /** After a sign-in that was right. */
  succeed(attempt: Attempt): void
  /** After a reset on the host. */
  forget(email: string): void
}

/**
 * Limits attempts by account and address together, whether the account exists or not, so that nobody else's attempts
 * keep an operator out. Over all addresses an account has a far looser limit, since the address is a header that comes
 * through the slots; where the operator has signed in from before, that one does not count. An address has one over all
 * accounts. All of them are counted at each socket by itself: code in one slot that makes addresses up uses up nothing of the
 * other's.
 */
export function signInLimit(database: DatabaseSync, now: () => number): SignInLimit {
  const prune = database.prepare(
    `DELETE FROM sign_in_tally WHERE empty_at_ms <= ? OR rowid IN
       (SELECT rowid FROM sign_in_tally ORDER BY empty_at_ms DESC LIMIT -1 OFFSET ${TALLIES_CAP - 1})`,
  )
  const find = database.prepare(
    'SELECT empty_at_ms FROM sign_in_tally WHERE account_hash = ? AND address_hash = ?',
  )
  const save = database.prepare('INSERT OR REPLACE INTO sign_in_tally VALUES (?, ?, ?)')
  const remove = database.prepare('DELETE FROM sign_in_tally WHERE account_hash = ? AND address_hash = ?')
  const removeAll = database.prepare('DELETE FROM sign_in_tally WHERE account_hash = ?')
  const findKnown = database.prepare(
    'SELECT 1 FROM known_address WHERE account_hash = ? AND address_hash = ? AND signed_in_at_ms > ?',
  )
  const know = database.prepare('INSERT OR REPLACE INTO known_address VALUES (?, ?, ?)')
  const forgetKnown = database.prepare('DELETE FROM known_address WHERE signed_in_at_ms <= ?')

  function count(account: string, address: string, { free, intervalMs }: Pace): void {
    const at = now()
    const row = find.get(account, address)
    const emptyAtMs = Math.max(at, row ? tallySchema.parse(row).empty_at_ms : 0) + intervalMs
    const waitMs = emptyAtMs - at - free * intervalMs
    if (waitMs > 0) throw tooManyAttempts(waitMs)
    save.run(account, address, emptyAtMs)
  }

  function isKnown(attempt: Attempt): boolean {
    const { account, address } = hashesOf(attempt)
    return findKnown.get(account, address, now() - KNOWN_FOR_MS) !== undefined
  }

  return {
    begin: (attempt) => {
      const { account, addressHere, anywhereHere } = hashesOf(attempt)
      immediately(database, () => {
        prune.run(now())
        count(account, addressHere, FROM_ONE_ADDRESS)
        count(ALL_ACCOUNTS, addressHere, OVER_ALL_ACCOUNTS)
        if (!isKnown(attempt)) count(account, anywhereHere, OVER_ALL_ADDRESSES)
      })
    },
    isKnown,
    succeed: (attempt) => {
      const { account, address, addressHere } = hashesOf(attempt)
      immediately(database, () => {
        remove.run(account, addressHere)
        forgetKnown.run(now() - KNOWN_FOR_MS)
        know.run(account, address, now())
      })
    },
    forget: (email) => {
      removeAll.run(accountOf(email))
    },
  }
}

/** The refusal that says when to try again. */
export function tooManyAttempts(waitMs: number): ReleaseError {
  return new ReleaseError('too-many-attempts', { seconds: String(Math.max(1, Math.ceil(waitMs / 1_000))) })
}

/** `…Here`: at this socket. */
function hashesOf({ email, address, door }: Attempt) {
  const network = clientNetwork(address)
  return {
    account: accountOf(email),
    address: hashOf(network),
    addressHere: hashOf(`${door} ${network}`),
    anywhereHere: hashOf(`${door} ${ALL_ADDRESSES}`),
  }
}

/** A hash, because people type passwords into the wrong field. */
function accountOf(email: string): string {
  return hashOf(email.trim().toLowerCase())
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
