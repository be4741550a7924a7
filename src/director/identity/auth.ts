import type { DatabaseSync } from 'node:sqlite'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { schemeOf } from './origin.ts'

export const AUTH_PATH = '/v1/auth'

/** A session ends after this, used or not. */
const SESSION_SECONDS = 12 * 60 * 60
const PASSWORD_FLOOR = 12
const PASSWORD_CAP = 128

// The host that the browser used differs from request to request, and nothing here builds links from it.
const BASE_URL = 'http://director.invalid'

/** better-auth for plain HTTP or for HTTPS: it fixes Secure cookies and their names once for each instance. */
function createAuth(database: DatabaseSync, secret: string, isSecure: boolean) {
  return betterAuth({
    ...optionsOf(database, secret),
    advanced: {
      cookiePrefix: 'switchyard',
      useSecureCookies: isSecure,
      defaultCookieAttributes: { sameSite: 'strict', httpOnly: true, path: '/' },
      ipAddress: { ipAddressHeaders: ['x-real-ip'] },
      // Said outright, because better-auth leaves both checks out where NODE_ENV is `test`.
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
  })
}

export type Auth = ReturnType<typeof createAuth>

/** Makes better-auth's tables where they are missing, and answers with the instance for each request's scheme. */
export async function createAuths(
  database: DatabaseSync,
  secret: string,
): Promise<(headers: Headers) => Auth> {
  const { runMigrations } = await getMigrations(optionsOf(database, secret))
  await runMigrations()
  const plain = createAuth(database, secret, false)
  const secure = createAuth(database, secret, true)
  return (headers) => (schemeOf(headers) === 'https' ? secure : plain)
}

function optionsOf(database: DatabaseSync, secret: string) {
  return {
    database,
    secret,
    baseURL: BASE_URL,
    basePath: AUTH_PATH,
    trustedOrigins: originsOf,
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_FLOOR,
      maxPasswordLength: PASSWORD_CAP,
    },
    session: { expiresIn: SESSION_SECONDS, disableSessionRefresh: true },
    // `sign-in-limit.ts` limits, at each slot's socket by itself, and keeps a bounded table.
    rateLimit: { enabled: false },
    logger: { level: 'error' },
    telemetry: { enabled: false },
  } as const satisfies BetterAuthOptions
}

/** The site as the browser knows it. Characters that would make a pattern of it are refused, not escaped. */
function originsOf(request?: Request): string[] {
  const host = request?.headers.get('x-forwarded-host')?.toLowerCase() ?? ''
  return request && /^[a-z0-9.:[\]_-]+$/.test(host) ? [`${schemeOf(request.headers)}://${host}`] : []
}
