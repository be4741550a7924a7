import { ReleaseError } from '../../release/errors.ts'
import { credentialsSchema, setupCheckSchema } from '../protocol.ts'
import type { AuditEntry } from './audit.ts'
import { AUTH_PATH, type Auth } from './auth.ts'
import { readJson } from './body.ts'
import { requireOwnOrigin } from './origin.ts'
import { type Places, places as signInPlaces } from './places.ts'
import type { SetupLinks } from './setup-links.ts'
import { type SignInLimit, tooManyAttempts } from './sign-in-limit.ts'

export type AuthParts = {
  authFor(headers: Headers): Auth
  sessionOf(headers: Headers): Promise<{ id: string; operator: { name: string } } | null>
  /** What still follows a release by the session ends. */
  sessionEnded(id: string): void
  limit: SignInLimit
  links: Pick<SetupLinks, 'check'>
  audit(entry: AuditEntry): void
}

/** No address of an operator: all one-time links are counted together. */
const LINKS_ACCOUNT = 'one-time links'

/**
 * The two calls of better-auth that the console needs, and the check of a one-time link, which is limited as they are.
 * Everything else that better-auth offers is not there.
 * Throws `ReleaseError` for every refusal.
 */
export function authRoutes(parts: AuthParts): (request: Request, door: string) => Promise<Response> {
  const places = signInPlaces()
  return (request, door) => {
    const route = `${request.method} ${new URL(request.url).pathname}`
    if (route === `POST ${AUTH_PATH}/sign-in/email`) return signIn(request, door, { ...parts, places })
    if (route === `POST ${AUTH_PATH}/sign-out`) return signOut(request, parts)
    if (route === `POST ${AUTH_PATH}/setup-link`) return checkLink(request, door, parts)
    throw new ReleaseError('not-found', { thing: 'such address' })
  }
}

async function signIn(
  request: Request,
  door: string,
  { authFor, limit, audit, places }: AuthParts & { places: Places },
): Promise<Response> {
  requireOwnOrigin(request.headers)
  // Before there is a place for it: a body that never ends must not keep one.
  const { email, password } = await readJson(request, credentialsSchema)
  const attempt = { email, address: addressOf(request), door }
  return places.take(door, limit.isKnown(attempt), async () => {
    limit.begin(attempt)
    const answer = await authFor(request.headers).handler(callOf(request, { email, password }))
    const record = (outcome: 'done' | 'refused'): void =>
      audit({
        actor: { kind: 'operator', name: email },
        verb: 'sign-in',
        release: null,
        headers: request.headers,
        outcome,
      })
    if (answer.status === 401) record('refused')
    refuseUnless(answer)
    limit.succeed(attempt)
    // Before the cookie leaves: a session that is not on record reaches no one.
    record('done')
    return withCookiesOf(answer)
  })
}

const addressOf = ({ headers }: Request): string => headers.get('x-real-ip') ?? ''

async function signOut(
  request: Request,
  { authFor, sessionOf, sessionEnded, audit }: AuthParts,
): Promise<Response> {
  requireOwnOrigin(request.headers)
  const session = await sessionOf(request.headers)
  if (!session) throw new ReleaseError('signed-out')
  audit({
    actor: { kind: 'operator', name: session.operator.name },
    verb: 'sign-out',
    release: null,
    headers: request.headers,
  })
  const answer = await authFor(request.headers).handler(callOf(request, {}))
  refuseUnless(answer)
  sessionEnded(session.id)
  return withCookiesOf(answer)
}

async function checkLink(request: Request, door: string, { limit, links }: AuthParts): Promise<Response> {
  requireOwnOrigin(request.headers)
  const { token } = await readJson(request, setupCheckSchema)
  const attempt = { email: LINKS_ACCOUNT, address: addressOf(request), door }
  limit.begin(attempt)
  links.check(token)
  limit.succeed(attempt)
  return Response.json({ ok: true }, { headers: { 'cache-control': 'no-store' } })
}

/** The request again with the checked body alone: `rememberMe: false`, for one, would make the session a day long. */
function callOf(request: Request, body: Record<string, string>): Request {
  const headers = new Headers(request.headers)
  headers.delete('content-length')
  headers.delete('transfer-encoding')
  headers.set('content-type', 'application/json')
  return new Request(request.url, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** better-auth's refusals in our words. An unknown address and a wrong password give one and the same. */
function refuseUnless(answer: Response): void {
  if (answer.ok) return
  if (answer.status === 401) throw new ReleaseError('wrong-password')
  if (answer.status === 403) throw new ReleaseError('origin')
  if (answer.status === 429) throw tooManyAttempts(Number(answer.headers.get('x-retry-after') ?? 1) * 1_000)
  throw new ReleaseError('internal', { reason: `The sign-in failed with status ${answer.status}.` })
}

/** The browser needs the cookie; the body of better-auth holds the session's token, which no script is to see. */
function withCookiesOf(answer: Response): Response {
  const headers = new Headers({ 'cache-control': 'no-store' })
  for (const cookie of answer.headers.getSetCookie()) headers.append('set-cookie', cookie)
  return Response.json({ ok: true }, { headers })
}
