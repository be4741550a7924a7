import type { SystemStatus } from '../../director/protocol.ts'
import type { Release } from '../../release/release.ts'

type Known = Pick<SystemStatus, 'running' | 'last'>

/** `release`: the one on screen, if any. `newestId`: the newest release that was known so far, on screen or not. */
export type OnScreen = { release: Release | null; newestId: number }

/** What a dashboard opens with: the release under way. One that has ended before is history. */
export function onScreenFirst({ running, last }: Known): OnScreen {
  return { release: running, newestId: running?.id ?? last?.id ?? 0 }
}

/**
 * What `status` puts on screen: the release on screen as it is by now, or one that has begun since, also where it has
 * ended unseen. The same object where nothing is new: a status from before a release began does not take it away.
 */
export function onScreenNext(before: OnScreen, { running, last }: Known): OnScreen {
  const newest = running ?? last
  const isSame = newest?.id === before.release?.id
  if (newest === null || newest === before.release || (newest.id <= before.newestId && !isSame)) return before
  return onScreenWith(before, newest)
}

/** A release that the operator began or stopped is shown whatever else there is. */
export function onScreenWith({ newestId }: OnScreen, release: Release): OnScreen {
  return { release, newestId: Math.max(newestId, release.id) }
}
