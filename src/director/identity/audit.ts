import type { DatabaseSync } from 'node:sqlite'

/** Who did what from where. `asked` is written before the effect, `done` and `refused` where the outcome is known at once. */
export type AuditEntry = {
  actor: { kind: string; name: string }
  verb: string
  release: number | null
  /** Of the request: `x-real-ip` and `user-agent` are kept. */
  headers: Headers
  outcome?: 'asked' | 'done' | 'refused'
  /** Whom or what it is about. */
  subject?: string
}

/** Strangers can cause refusals; beyond so many in an hour they are not written down, so that they can't fill the disk. */
const REFUSALS_PER_HOUR = 500
const HOUR_MS = 60 * 60_000

const NAME_CAP = 200
const IP_CAP = 64
const USER_AGENT_CAP = 300

/** Returns a writer of the append-only record. What it wrote is durable when it returns; throws when it can't write. */
export function auditRecord(database: DatabaseSync, now: () => number): (entry: AuditEntry) => void {
  const insert = database.prepare(
    `INSERT INTO audit (at, actor_kind, actor_name, verb, release, ip, user_agent, outcome, subject)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const refusalsSince = database.prepare(
    "SELECT id FROM audit WHERE outcome = 'refused' AND at > ? LIMIT 1 OFFSET ?",
  )

  return ({ actor, verb, release, headers, outcome = 'asked', subject }) => {
    const anHourAgo = new Date(now() - HOUR_MS).toISOString()
    if (outcome === 'refused' && refusalsSince.get(anHourAgo, REFUSALS_PER_HOUR - 1)) return
    insert.run(
      new Date(now()).toISOString(),
      actor.kind,
      printable(actor.name, NAME_CAP),
      verb,
      release,
      headerOf(headers, 'x-real-ip', IP_CAP),
      headerOf(headers, 'user-agent', USER_AGENT_CAP),
      outcome,
      subject === undefined ? null : printable(subject, NAME_CAP),
    )
  }
}

function headerOf(headers: Headers, name: string, cap: number): string | null {
  const value = headers.get(name)
  return value === null ? null : printable(value, cap)
}

/** Whoever reads the record on a terminal is not to have it driven by what a stranger sent. */
function printable(text: string, cap: number): string {
  return text.replace(/\p{C}/gu, '').slice(0, cap)
}
