import { CHECKS } from './checks.ts'
import type { Found } from './finding.ts'
import type { Seen } from './seen.ts'

/** Everything that is not as it should be. While a release is under way, what it changes is left out. */
export function examine(seen: Seen, { isOwnLock = false } = {}): Found[] {
  const isReleasing = seen.lock.isHeld && !isOwnLock
  return CHECKS.filter(({ isOfReleases }) => !(isReleasing && isOfReleases)).flatMap(({ name, find }) =>
    find(seen).map((finding) => ({ ...finding, check: name })),
  )
}
