import { ReleaseError } from '../../release/errors.ts'

/**
 * A request that changes something must come from a page of this site, by the scheme too: a page that came over plain HTTP may
 * have been written by anybody on the way. A missing Origin is refused as well: Next lets it through, and a page of another
 * site can leave it out. Throws `origin`.
 */
export function requireOwnOrigin(headers: Headers): void {
  const origin = headers.get('origin')
  if (origin === null) throw new ReleaseError('origin', { reason: 'it has no Origin' })
  const host = headers.get('x-forwarded-host')?.toLowerCase() ?? ''
  if (!URL.canParse(origin)) throw new ReleaseError('origin', { reason: 'its Origin is another site' })
  const { protocol, host: theirs } = new URL(origin)
  const scheme = schemeOf(headers)
  // `URL` leaves out the port that goes with a scheme, and a visitor's Host may name it.
  const own = URL.canParse(`${protocol}//${host}`) ? new URL(`${protocol}//${host}`).host : ''
  if (theirs === '' || theirs !== own) {
    throw new ReleaseError('origin', { reason: 'its Origin is another site' })
  }
  if (protocol !== `${scheme}:`) {
    const said = protocol.replace(/:$/, '')
    throw new ReleaseError('origin', { reason: `its Origin says ${said}, and nginx saw ${scheme}`, scheme })
  }
}

/** By which scheme the visitor came, as nginx says it. */
export function schemeOf(headers: Headers): 'http' | 'https' {
  const said = headers.get('x-forwarded-proto')?.split(',')[0]?.trim().toLowerCase()
  return said === 'https' ? 'https' : 'http'
}
