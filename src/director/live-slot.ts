import { ReleaseError } from '../release/errors.ts'
import type { Slot } from '../release/slot.ts'
import type { Parts } from '../release/steps.ts'

/**
 * What nginx reads is the truth about where the traffic is. Null before the first release.
 * Throws `routing-edited` where no slot is live though a release went live: a first release would take both slots from their builds.
 */
export async function liveSlot({
  traffic,
  journal,
}: Pick<Parts, 'traffic' | 'journal'>): Promise<Slot | null> {
  const live = (await traffic.read())?.live ?? null
  const newest = journal.newestLive()
  if (live !== null || newest === null) return live
  throw new ReleaseError('routing-edited', {
    reason: `current leads to no slot, though release ${newest.id} is live in ${newest.slot}`,
  })
}
