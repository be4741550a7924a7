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
import { type Operator, operators } from './operators.ts'
import { readSecret } from './secret.ts'
import { setupLinks } from './setup-links.ts'
import { signInLimit } from './sign-in-limit.ts'

export type Identity = {
  /** `/v1/auth/*` of a slot's socket, which `door` names. Answers every refusal in the API's shape, never throws. */
  handleAuth(request: Request, door: string): Promise<Response>
  /** The session whose cookie is in `headers`, or null. */
  sessionOf(headers: Headers): Promise<{ id: string; operator: Operator } | null>
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
  audit(entry: AuditEntry): void
  close(): void
}

export type IdentityOptions = {
  stateDir: string
  /** Milliseconds since 1970, for links, limits and the record. */
  now?: () => number
  /** What visitors get now, for the refusals of `handleAuth`. */
  live?: () => string
}

/** Opens who may sign in, with tables made where they are missing. Throws a sentence when the secret is not there. */
export async function openIdentity({
  stateDir,
  now = Date.now,
  live = () => 'Visitors are served as before.',
}: IdentityOptions): Promise<Identity> {
  const secret = readSecret(stateDir)
  const database = openIdentityDatabase(stateDir)
  const authFor = await createAuths(database, secret)
  const audit = auditRecord(database, now)
  const links = setupLinks(database, now)
  const limit = signInLimit(database, now)
  const people = operators(database, now)
  database.prepare('DELETE FROM session WHERE expiresAt < ?').run(new Date(now()).toISOString())

  async function sessionOf(headers: Headers): Promise<{ id: string; operator: Operator } | null> {
    const found = await authFor(headers).api.getSession({ headers })
    if (!found) return null
    const { id, name, email } = found.user
    return { id: found.session.id, operator: { id, name, email } }
  }

  async function operatorOf(headers: Headers): Promise<Operator | null> {
    return (await sessionOf(headers))?.operator ?? null
  }

  const route = authRoutes({ authFor, operatorOf, limit, links, audit })

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
        return people.save({ name, email, passwordHash })
      })
      const signedIn = await auth.api.signInEmail({ body: { email, password }, headers, returnHeaders: true })
      return { operator, setCookies: signedIn.headers.getSetCookie() }
    },
    audit,
    close: () => database.close(),
  }
}

function refusal(cause: unknown, live: string): Response {
  const error = asReleaseError(cause)
  if (error.code === 'internal') tellFault(cause)
  const headers = new Headers({ 'cache-control': 'no-store' })
  if (error.facts.seconds) headers.set('retry-after', error.facts.seconds)
  return Response.json({ error: describeError(error, live) }, { status: httpStatusOf(error.code), headers })
}
