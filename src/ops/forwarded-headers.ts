/** All that a slot passes on of a request. Everything else, above all `x-switchyard-user`, stops here. */
const FORWARDED = [
  'content-type',
  'cookie',
  'last-event-id',
  'origin',
  'user-agent',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const

/**
 * The headers for the director, out of an operator's request. Without nginx in front (a slot's own port on
 * 127.0.0.1) the host that the browser used stands in `Host` alone, and the director compares `Origin` with it.
 */
export function forwardedHeaders(incoming: Headers): Record<string, string> {
  const forwarded: Record<string, string> = {}
  for (const name of FORWARDED) {
    const value = incoming.get(name)
    if (value !== null) forwarded[name] = value
  }
  const host = incoming.get('host')
  if (host !== null) forwarded['x-forwarded-host'] ??= host
  return forwarded
}
