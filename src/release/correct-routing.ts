import { isDeepStrictEqual } from 'node:util'
import { barOn } from './bar.ts'
import { isOperational } from './operational.ts'
import type { RoutingState } from './ports.ts'
import type { Release } from './release.ts'
import { NO_ROUTING, nextRouting } from './routing.ts'
import { otherSlot, type Slot } from './slot.ts'
import type { Parts } from './steps.ts'

const PROBE_DEADLINE_MS = 2_000

/**
 * Whether the routing leaves out what is barred and nothing else that is well, and leads the tabs of each build to the slot
 * that holds it. One that can't be read says nothing here. Asks the slot beside the live one only where something differs.
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
 * Brings the routing in line with the builds that the slots hold and with what is barred, and a slot back that was out of reach
 * while it was ill. One that is lost is written anew. Answers with the new one, or null where there was nothing to change.
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
  const before = routing ?? NO_ROUTING
  const other = otherSlot(live)
  const liveBuild = parts.journal.holderOf(live)?.build ?? undefined
  const held = parts.journal.holderOf(other)
  // Where the journal does not know what a slot runs, what nginx reads is all that there is to go by.
  if (!isLost && !(liveBuild && held?.build)) return null
  const bars = parts.bars.list()
  const release = (isLost ? newest?.id : before.release) ?? null
  const withOther = (isInReach: boolean): RoutingState => {
    const builds = { [live]: liveBuild, [other]: isInReach ? (held?.build ?? undefined) : undefined }
    return nextRouting(before, { live, builds, bars, release })
  }
  const isBarred = barOn(bars, held?.build) !== null
  const mayStay = isBarred || (!isLost && before.up.includes(other))
  if (mayStay && isSame(before, withOther(true))) return null
  const next = withOther(isBarred || (await answersWell(parts, other, held)))
  return !isLost && isSame(before, next) ? null : next
}

/** Whether two generations send every tab to the same place. */
function isSame(one: RoutingState, other: RoutingState): boolean {
  return isDeepStrictEqual(reachOf(one), reachOf(other))
}

/** A slot that is not up gets nothing, whatever the rest says of it. */
function reachOf({ live, up, pins, console, barred }: RoutingState) {
  const reached = pins.filter(({ slot }) => up.includes(slot))
  const tabs = reached.map(({ deploymentId, slot }) => `${deploymentId} ${slot}`)
  return { live, console, up: up.toSorted(), tabs: tabs.toSorted(), barred: barred.toSorted() }
}

async function answersWell({ health }: Parts, slot: Slot, held: Release | null): Promise<boolean> {
  if (!held?.build) return false
  return isOperational(health, slot, held.id, AbortSignal.timeout(PROBE_DEADLINE_MS))
}
