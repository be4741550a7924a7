import { barOn } from './bar.ts'
import type { LogSink, SlotContainer } from './ports.ts'
import type { Build, Release } from './release.ts'
import { otherSlot } from './slot.ts'
import type { Parts } from './steps.ts'

/** A container that has run for so long, and for longer than an app may take, and does not answer will not do so by itself. */
const HUNG_AFTER_MS = 5 * 60_000

export type LostStandby = {
  holder: Release & { build: Build }
  /** It runs, or Docker is starting it: then it gets its visitors back once it answers. */
  isComingUp: boolean
}

/**
 * The standby that is out of reach, with no release under way and no bar on its build. Only releases of ours take a slot out
 * of reach: one that a hand has stopped to spare memory stays in it, and is nobody's to start. Null where none is lost.
 * Throws what keeps the routing or Docker from being asked.
 */
export async function lostStandby(parts: Parts, signal: AbortSignal): Promise<LostStandby | null> {
  const { journal, traffic, slots, bars, settings } = parts
  const routing = await traffic.read()
  const live = routing?.live ?? null
  if (!live || live !== journal.newestLive()?.slot || journal.unfinished().length > 0) return null
  const slot = otherSlot(live)
  const holder = journal.holderOf(slot)
  if (!holder?.build || routing?.up.includes(slot) || barOn(bars.list(), holder.build)) return null
  const container = await slots.inspect(slot, signal)
  return {
    holder: { ...holder, slot, build: holder.build },
    isComingUp: isComingUp(container, holder.id, Math.max(HUNG_AFTER_MS, settings.healthDeadlineMs)),
  }
}

/** Starts what the slot held. Its visitors are `correctRouting`'s to give back. Throws `start-failed`, `docker-unreachable`, `aborted`. */
export async function bringBackStandby(
  { slots }: Pick<Parts, 'slots'>,
  { holder: { id, slot, build, runtime } }: LostStandby,
  log: LogSink,
  signal: AbortSignal,
): Promise<void> {
  const container = await slots.inspect(slot, signal)
  // Compose leaves one alone that runs what it is to run.
  if (container?.state === 'running' && container.release === id) await slots.stop(slot, log, signal)
  await slots.start(slot, { build, release: id, runtime }, log, signal)
}

function isComingUp(container: SlotContainer | null, release: number, hungAfterMs: number): boolean {
  if (container?.release !== release) return false
  if (container.state !== 'running' && container.state !== 'restarting') return false
  return container.startedAt === null || Date.now() - Date.parse(container.startedAt) < hungAfterMs
}
