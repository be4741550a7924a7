import type { z } from 'zod'
import { asReleaseError } from '../../release/errors.ts'
import { describeError } from '../../release/messages.ts'
import { httpStatusOf } from '../http-status.ts'
import { tellFault } from '../intake/tell-fault.ts'
import type { SetupLink, setupRequestSchema } from '../protocol.ts'
import { type AuditEntry, auditRecord } from './audit.ts'
import { createAuths } from './auth.ts'
import { immediately, openIdentityDatabase } from './database.ts'
import { authRoutes } from './handle-auth.ts'
import { type Operator, type Operators, operators } from './operators.ts'
import { readSecret } from './secret.ts'
import { type Sessions, sessions as sessionsIn } from './sessions.ts'
import { setupLinks } from './setup-links.ts'
import { signInLimit } from './sign-in-limit.ts'

/**
 * `ending` is aborted when the session ends, however it does. Whoever follows by it says so with `follow`: it is in use until
 * what that returns is called.
 */
export type OwnSession = { id: string; operator: Operator; ending: AbortSignal; follow(): () => void }

export type Identity = {
  /** `/v1/auth/*` of a slot's socket, which `door` names. Answers every refusal in the API's shape, never throws. */
  handleAuth(request: Request, door: string): Promise<Response>
  /** The session whose cookie is in `headers`, or null. */
  sessionOf(headers: Headers): Promise<OwnSession | null>
  /** Whose session the cookie in `headers` is, or null. */
  operatorOf(headers: Headers): Promise<Operator | null>
  /** Whether an operator exists. */
  isSetUp(): boolean
  /** For the host alone: whoever holds the link adds an operator, or resets the password of one. */
  issueSetupLink(): SetupLink & { token: string }
  /** Uses up the link and signs the operator in. `headers` are the request's. Throws `setup-link`. */
  claimSetup(
    request: z.infer<typeof setupRequestSchema>,
    headers: Headers,
  ): Promise<{ operator: Operator; setCookies: string[] }>
  operators: Pick<Operators, 'list'>
  sessions: Pick<Sessions, 'list' | 'endOne' | 'endAll'>
  /** Takes an operator away and ends their sessions; answers with how many. Throws `not-found`, `last-operator`. */
  removeOperator(email: string, evenLast: boolean): number
  /** Ends an operator's sessions, takes the password away and makes a set-up link. Throws `not-found`. */
  resetOperator(email: string): { ended: number; link: SetupLink }
  audit(entry: AuditEntry): void
  close(): void
}

export type IdentityOptions = {
  stateDir: string
  /** Milliseconds since 1970, for links, limits and the record. */
  now?: () => number
  /** After how long without a use a session ends. */
  idleMs?: number
  /** What visitors get now, for the refusals of `handleAuth`. */
  live?: () => string
}

const IDLE_MS = 60 * 60_000

/** Opens who may sign in, with tables made where they are missing. Throws a sentence when the secret is not there. */
export async function openIdentity({
  stateDir,
  now = Date.now,
  idleMs = IDLE_MS,
  live = () => 'Visitors are served as before.',
}: IdentityOptions): Promise<Identity> {
  const secret = readSecret(stateDir)
  const database = openIdentityDatabase(stateDir)
  const authFor = await createAuths(database, secret)
  const audit = auditRecord(database, now)
  const links = setupLinks(database, now)
  const limit = signInLimit(database, now)
  const people = operators(database, now)
  const sessions = sessionsIn(database, now, idleMs)
  database.prepare('DELETE FROM session WHERE expiresAt < ?').run(new Date(now()).toISOString())

  async function sessionOf(headers: Headers): Promise<OwnSession | null> {
    const found = await authFor(headers).api.getSession({ headers })
    if (!found) return null
    const { session, user } = found
    if (sessions.isIdle(session.id, session.createdAt.getTime())) {
      evenOnAFullDisk(() => sessions.end(session.id))
      return null
    }
    evenOnAFullDisk(() => sessions.used(session.id, headers.get('x-real-ip')))
    return {
      id: session.id,
      operator: { id: user.id, name: user.name, email: user.email },
      ending: sessions.ending(session.id, session.expiresAt.getTime() - now()),
      follow: () => sessions.follow(session.id),
    }
  }

  async function operatorOf(headers: Headers): Promise<Operator | null> {
    return (await sessionOf(headers))?.operator ?? null
  }

  const route = authRoutes({ authFor, sessionOf, sessionEnded: sessions.hasEnded, limit, links, audit })

  return {
    handleAuth: async (request, door) => {
      try {
        return await route(request, door)
      } catch (cause) {
        return refusal(cause, live())
      }
    },
    sessionOf,
    operatorOf,
    isSetUp: () => people.exist(),
    issueSetupLink: () => links.issue(),
    claimSetup: async ({ token, name, email, password }, headers) => {
      const auth = authFor(headers)
      links.check(token)
      const passwordHash = await (await auth.$context).password.hash(password)
      const operator = immediately(database, () => {
        links.use(token)
        limit.forget(email)
        audit({ actor: { kind: 'operator', name }, verb: 'setup', release: null, headers, outcome: 'done' })
        const saved = people.save({ name, email, passwordHash })
        sessions.endOf(saved.id)
        return saved
      })
      const signedIn = await auth.api.signInEmail({ body: { email, password }, headers, returnHeaders: true })
      return { operator, setCookies: signedIn.headers.getSetCookie() }
    },
    operators: people,
    sessions,
    removeOperator: (email, evenLast) =>
      immediately(database, () => {
        const operator = people.find(email)
        if (!evenLast) people.mustNotBeLast(operator)
        const ended = sessions.endOf(operator.id)
        people.remove(operator)
        return ended
      }),
    resetOperator: (email) => {
      const operator = people.find(email)
      const ended = immediately(database, () => {
        people.removePassword(operator.id)
        return sessions.endOf(operator.id)
      })
      const { path, expiresAt } = links.issue()
      return { ended, link: { path, expiresAt } }
    },
    audit,
    close: () => database.close(),
  }
}

/** What can't be written down keeps no operator from what mends it. */
function evenOnAFullDisk(note: () => void): void {
  try {
    note()
  } catch (cause) {
    tellFault(cause)
  }
}

function refusal(cause: unknown, live: string): Response {
  const error = asReleaseError(cause)
  if (error.code === 'internal') tellFault(cause)
  const headers = new Headers({ 'cache-control': 'no-store' })
  if (error.facts.seconds) headers.set('retry-after', error.facts.seconds)
  return Response.json({ error: describeError(error, live) }, { status: httpStatusOf(error.code), headers })
}
