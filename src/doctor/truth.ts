import type { Build, Release } from '../release/release.ts'
import { type SlotStart, startOf } from '../release/runtime.ts'
import { otherSlot, type Slot } from '../release/slot.ts'
import type { ContainerSight, JournalRead, Seen } from './seen.ts'
import { type Service, serviceOfSlot } from './services.ts'

/**
 * Where visitors are: what nginx answers with on every connection, else what the flags say by which it routes. Null where
 * nobody is served, and where that would not change by nginx or a slot coming back.
 */
export function servedSlot({ nginx, routing }: Pick<Seen, 'nginx' | 'routing'>): Slot | null {
  const [first, ...rest] = nginx.answers.map(({ servedBy }) => servedBy)
  return first && rest.every((slot) => slot === first) ? first : routing.flagged
}

/** The other slot than the one that visitors get; null where nobody is served. */
export function standbySlot(seen: Seen): Slot | null {
  const served = servedSlot(seen)
  return served === null ? null : otherSlot(served)
}

/** What `servedSlot` says; where nobody is served, what the newest sound generation and the journal agree on. Null where nothing can tell. */
export function slotToServe(seen: Seen): Slot | null {
  const served = servedSlot(seen)
  if (served !== null) return served
  const journal = readJournalOf(seen)
  const newest = seen.routing.newest?.live ?? null
  return newest !== null && newest === journal?.newestLive?.slot ? newest : null
}

/** The journal where it can be read and its rows agree with its events. */
export function readJournalOf({ journal }: Pick<Seen, 'journal'>): JournalRead | null {
  return journal.kind === 'read' && journal.misfolded.length === 0 ? journal : null
}

/** What the journal says that `slot` holds. */
export function heldBy(seen: Seen, slot: Slot): { release: Release; build: Build } | null {
  const release = readJournalOf(seen)?.holders[slot] ?? null
  return release?.build ? { release, build: release.build } : null
}

/** What the journal says that `slot` was started with. */
export function startHeldBy(seen: Seen, slot: Slot): SlotStart | null {
  const held = heldBy(seen, slot)
  return held && startOf(held.release)
}

/** The container that does the work of `service`; null where there is none, or Docker can't be asked. */
export function containerOf({ docker }: Pick<Seen, 'docker'>, service: Service): ContainerSight | null {
  return docker.kind === 'seen' ? (docker.services[service][0] ?? null) : null
}

export const containerIn = (seen: Seen, slot: Slot): ContainerSight | null =>
  containerOf(seen, serviceOfSlot[slot])

/** Taken down as a whole, as by `npm run down`: what is missing then is no matter of its own. */
export function isDown({ docker }: Pick<Seen, 'docker'>): boolean {
  return (
    docker.kind === 'seen' &&
    docker.networks.control === null &&
    Object.values(docker.services).flat().length === 0
  )
}

/** What a thing of `slot` means for visitors: they get the live one, and would get the other by a rollback. */
export function effectOn(seen: Seen, slot: Slot): string {
  return servedSlot(seen) === slot ? 'visitors get nothing from it' : 'there is nothing to roll back to'
}

/** `primary, which is live,` and `the standby, secondary,`. */
export function slotWords(seen: Seen, slot: Slot): string {
  return servedSlot(seen) === slot ? `${slot}, which is live,` : `${slot}, which stands by,`
}
