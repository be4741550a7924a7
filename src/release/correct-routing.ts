import { barOn } from './bar.ts'
import { isOperational } from './operational.ts'
import type { RoutingState } from './ports.ts'
import type { Release } from './release.ts'
import { NO_ROUTING, nextRouting } from './routing.ts'
import { otherSlot, type Slot } from './slot.ts'
import type { Parts } from './steps.ts'

const PROBE_DEADLINE_MS = 2_000

/**
 * Whether the routing leaves out what is barred, and nothing else that is well. One that can't be read says nothing here.
 * Asks the slot beside the live one only where that is out of reach.
 */
export async function isRoutingCorrect(parts: Parts): Promise<boolean> {
  try {
    return (await corrected(parts, await parts.traffic.read())) === null
  } catch {
    return true
  }
}

/** Whether no slot is live on disk, though a release went live. One that can't be read says nothing here either. */
export async function isRoutingLost({
  traffic,
  journal,
}: Pick<Parts, 'traffic' | 'journal'>): Promise<boolean> {
  if (journal.newestLive() === null) return false
  return traffic.read().then(
    (routing) => routing?.live == null,
    () => false,
  )
}

/**
 * Brings the routing in line with what is barred, and a slot back that was out of reach while it was ill. One that is lost is
 * written anew by the journal. Answers with the new one, or null where there was nothing to change.
 */
export async function correctRouting(parts: Parts): Promise<RoutingState | null> {
  const next = await corrected(parts, await parts.traffic.read())
  if (next !== null) await parts.traffic.write(next)
  return next
}

/** The live slot is never left out: without it nobody would be served. */
async function corrected(parts: Parts, routing: RoutingState | null): Promise<RoutingState | null> {
  const newest = parts.journal.newestLive()
  const isLost = !routing?.live
  const live = routing?.live ?? newest?.slot
  if (!live) return null
  const { up, barred } = routing ?? NO_ROUTING
  const other = otherSlot(live)
  const held = parts.journal.holderOf(other)
  const bars = parts.bars.list()
  const isBarred = barOn(bars, held?.build) !== null
  const isMarked = barred.includes(other) === isBarred
  if (!isLost && isMarked && (isBarred || up.includes(other))) return null
  const isHeld = isBarred || (await answersWell(parts, other, held))
  if (!isLost && isMarked && !isHeld) return null
  const builds = {
    [live]: parts.journal.holderOf(live)?.build ?? undefined,
    [other]: isHeld ? (held?.build ?? undefined) : undefined,
  }
  const release = (isLost ? newest?.id : routing.release) ?? null
  return nextRouting(routing ?? NO_ROUTING, { live, builds, bars, release })
}

async function answersWell({ health }: Parts, slot: Slot, held: Release | null): Promise<boolean> {
  if (!held?.build) return false
  return isOperational(health, slot, held.id, AbortSignal.timeout(PROBE_DEADLINE_MS))
}
