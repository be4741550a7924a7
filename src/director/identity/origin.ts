import { ReleaseError } from '../../release/errors.ts'

/**
 * A request that changes something must come from a page of this site. A missing Origin is refused too: Next lets it
 * through, and a page of another site can leave it out. Throws `origin`.
 */
export function requireOwnOrigin(headers: Headers): void {
  const origin = headers.get('origin')
  if (origin === null) throw new ReleaseError('origin', { reason: 'it has no Origin' })
  const host = headers.get('x-forwarded-host')?.toLowerCase()
  if (!URL.canParse(origin) || new URL(origin).host !== host) {
    throw new ReleaseError('origin', { reason: 'its Origin is another site' })
  }
}
