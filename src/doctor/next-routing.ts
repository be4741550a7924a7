import type { RoutingState } from '../release/ports.ts'
import type { Build } from '../release/release.ts'
import { NO_ROUTING, nextRouting } from '../release/routing.ts'
import { otherSlot, type Slot } from '../release/slot.ts'
import type { Seen } from './seen.ts'
import { heldBy, readJournalOf } from './truth.ts'

/**
 * A whole routing with `live`, newer than all on disk: by the journal, as the director would write it. Where that can't be
 * read, what the newest sound generation says of the rest holds on.
 */
export function routingTo(seen: Seen, live: Slot): RoutingState {
  const { routing } = seen
  const journal = readJournalOf(seen)
  const build = heldBy(seen, live)?.build
  if (journal === null || build === undefined)
    return withoutJournal(routing.newest, routing.highest + 1, live)
  const release = journal.newestLive?.slot === live ? journal.newestLive.id : null
  const builds = { [live]: build, [otherSlot(live)]: standbyBuild(seen, otherSlot(live)) }
  return nextRouting(
    { ...NO_ROUTING, generation: routing.highest },
    { live, builds, bars: journal.bars, release },
  )
}

/** Only a slot that answers as what the journal says it holds may be addressed. */
function standbyBuild(seen: Seen, slot: Slot): Build | undefined {
  const held = heldBy(seen, slot)
  return held !== null && answersAs(seen, slot, held.release.id) ? held.build : undefined
}

/** Whether `slot` says that it is operational with what `release` started there. */
export function answersAs({ slots }: Pick<Seen, 'slots'>, slot: Slot, release: number): boolean {
  const sight = slots[slot]
  return (
    sight.kind === 'status' && sight.payload.status === 'operational' && sight.payload.release === release
  )
}

function withoutJournal(newest: RoutingState | null, generation: number, live: Slot): RoutingState {
  const before = newest ?? NO_ROUTING
  return {
    ...before,
    generation,
    live,
    up: [...new Set([live, ...before.up])],
    shares: {},
    barred: before.barred.filter((slot) => slot !== live),
    release: null,
  }
}
