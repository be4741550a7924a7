/** All that a slot passes on of a request. Everything else, above all `x-switchyard-user`, stops here. */
const FORWARDED = [
  'content-type',
  'last-event-id',
  'origin',
  'user-agent',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const

/** Node's own limit for all headers of the director is 16 KiB, and a browser may send more than that of any one. */
const LONGEST_VALUE = 1_024
/** As better-auth names them with the prefix of `src/director/identity/auth.ts`. */
const OWN_COOKIE = /^(?:__Secure-|__Host-)?switchyard\./
const MOST_COOKIES = 5

/**
 * The headers for the director, out of an operator's request. Without nginx in front (a slot's own port on
 * 127.0.0.1) the host that the browser used stands in `Host` alone, and the director compares `Origin` with it.
 */
export function forwardedHeaders(incoming: Headers): Record<string, string> {
  const forwarded: Record<string, string> = {}
  for (const name of FORWARDED) {
    const value = incoming.get(name)?.slice(0, LONGEST_VALUE)
    if (value !== undefined) forwarded[name] = value
  }
  const cookie = ownCookies(incoming.get('cookie') ?? '')
  if (cookie !== '') forwarded.cookie = cookie
  const host = incoming.get('host')
  if (host !== null) forwarded['x-forwarded-host'] ??= host
  forwarded['x-forwarded-proto'] ??= 'http'
  return forwarded
}

/** The app's cookies are none of the director's business, and there may be more of them than it would take. */
function ownCookies(header: string): string {
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => OWN_COOKIE.test(pair) && pair.length <= LONGEST_VALUE)
    .slice(0, MOST_COOKIES)
    .join('; ')
}
