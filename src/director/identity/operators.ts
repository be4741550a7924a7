import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'

/** Someone who may sign in to the console. */
export type Operator = { id: string; name: string; email: string }

const idSchema = z.object({ id: z.string() })

export type Operators = {
  exist(): boolean
  /**
   * Adds the operator, or gives the one with that address a new name and password and ends all of their sessions.
   * Synchronous, for the transaction of the set-up link: better-auth's own calls can't take part in one.
   */
  save(operator: { name: string; email: string; passwordHash: string }): Operator
}

/** Writes the rows that better-auth's sign-in by password reads; a test signs in through it. */
export function operators(database: DatabaseSync, now: () => number): Operators {
  const any = database.prepare('SELECT id FROM user LIMIT 1')
  const find = database.prepare('SELECT id FROM user WHERE email = ?')
  const insertUser = database.prepare(
    'INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt) VALUES (?, ?, ?, 1, ?, ?)',
  )
  const rename = database.prepare('UPDATE user SET name = ?, updatedAt = ? WHERE id = ?')
  const removePassword = database.prepare(
    "DELETE FROM account WHERE userId = ? AND providerId = 'credential'",
  )
  const insertPassword = database.prepare(
    `INSERT INTO account (id, accountId, providerId, userId, password, createdAt, updatedAt)
     VALUES (?, ?, 'credential', ?, ?, ?, ?)`,
  )
  const endSessions = database.prepare('DELETE FROM session WHERE userId = ?')

  function saveUser(name: string, email: string, at: string): string {
    const row = find.get(email)
    const id = row ? idSchema.parse(row).id : newId()
    if (row) rename.run(name, at, id)
    else insertUser.run(id, name, email, at, at)
    return id
  }

  return {
    exist: () => any.get() !== undefined,
    save: ({ name, email: typed, passwordHash }) => {
      const email = typed.toLowerCase()
      const at = new Date(now()).toISOString()
      const id = saveUser(name, email, at)
      removePassword.run(id)
      insertPassword.run(newId(), id, id, passwordHash, at, at)
      endSessions.run(id)
      return { id, name, email }
    },
  }
}

function newId(): string {
  return randomBytes(24).toString('base64url')
}
