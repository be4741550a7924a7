import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { ReleaseError } from '../../release/errors.ts'
import type { OperatorView } from '../operators-protocol.ts'

/** Someone who may sign in to the console. */
export type Operator = { id: string; name: string; email: string }

const idSchema = z.object({ id: z.string() })
const operatorSchema = z.object({ id: z.string(), name: z.string(), email: z.string() })
const viewSchema = z.object({
  ...{ name: z.string(), email: z.string(), createdAt: z.string() },
  ...{ passwords: z.number(), sessions: z.number() },
})

export type Operators = {
  exist(): boolean
  list(): OperatorView[]
  /** By the whole address. Throws `not-found`. */
  find(email: string): Operator
  /**
   * Adds the operator, or gives the one with that address a new name and password. Synchronous, for the transaction of the
   * set-up link: better-auth's own calls can't take part in one. Sessions of before are the caller's to end.
   */
  save(operator: { name: string; email: string; passwordHash: string }): Operator
  /** Until a set-up link gives a new one, nobody signs in as them. */
  removePassword(id: string): void
  /** Throws `last-operator` where nobody else could sign in. */
  mustNotBeLast(operator: Operator): void
  remove(operator: Operator): void
}

/** Writes the rows that better-auth's sign-in by password reads; a test signs in through it. */
export function operators(database: DatabaseSync, now: () => number): Operators {
  const any = database.prepare('SELECT id FROM user LIMIT 1')
  const find = database.prepare('SELECT id, name, email FROM user WHERE email = ?')
  const list = database.prepare(
    `SELECT name, email, createdAt,
       (SELECT count(*) FROM account WHERE userId = user.id AND password IS NOT NULL) AS passwords,
       (SELECT count(*) FROM session WHERE userId = user.id AND expiresAt > ?) AS sessions
     FROM user ORDER BY createdAt, email`,
  )
  const otherWithPassword = database.prepare(
    'SELECT userId AS id FROM account WHERE userId <> ? AND password IS NOT NULL LIMIT 1',
  )
  const insertUser = database.prepare(
    'INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt) VALUES (?, ?, ?, 1, ?, ?)',
  )
  const rename = database.prepare('UPDATE user SET name = ?, updatedAt = ? WHERE id = ?')
  const removeUser = database.prepare('DELETE FROM user WHERE id = ?')
  const removeAccounts = database.prepare('DELETE FROM account WHERE userId = ?')
  const removePassword = database.prepare(
    "DELETE FROM account WHERE userId = ? AND providerId = 'credential'",
  )
  const insertPassword = database.prepare(
    `INSERT INTO account (id, accountId, providerId, userId, password, createdAt, updatedAt)
     VALUES (?, ?, 'credential', ?, ?, ?, ?)`,
  )

  function saveUser(name: string, email: string, at: string): string {
    const row = find.get(email)
    const id = row ? idSchema.parse(row).id : newId()
    if (row) rename.run(name, at, id)
    else insertUser.run(id, name, email, at, at)
    return id
  }

  return {
    exist: () => any.get() !== undefined,
    list: () =>
      z
        .array(viewSchema)
        .parse(list.all(new Date(now()).toISOString()))
        .map(({ createdAt, passwords, ...rest }) => ({
          ...rest,
          since: createdAt,
          hasPassword: passwords > 0,
        })),
    find: (email) => {
      const row = find.get(email.trim().toLowerCase())
      if (!row) throw new ReleaseError('not-found', { thing: `operator ${email}` })
      return operatorSchema.parse(row)
    },
    save: ({ name, email: typed, passwordHash }) => {
      const email = typed.toLowerCase()
      const at = new Date(now()).toISOString()
      const id = saveUser(name, email, at)
      removePassword.run(id)
      insertPassword.run(newId(), id, id, passwordHash, at, at)
      return { id, name, email }
    },
    removePassword: (id) => {
      removePassword.run(id)
    },
    mustNotBeLast: ({ id, email }) => {
      if (otherWithPassword.get(id) === undefined) throw new ReleaseError('last-operator', { email })
    },
    remove: ({ id }) => {
      removeAccounts.run(id)
      removeUser.run(id)
    },
  }
}

function newId(): string {
  return randomBytes(24).toString('base64url')
}
