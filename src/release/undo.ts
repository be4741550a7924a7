import { type Bar, barOn, barWords } from './bar.ts'
import { correctRouting } from './correct-routing.ts'
import { emptySlot, leaveOut } from './drain.ts'
import type { ReleaseError, ReleaseErrorBody } from './errors.ts'
import { liveSentence } from './live-sentence.ts'
import { describeError, wordsOf } from './messages.ts'
import { isOperational } from './operational.ts'
import type { Journal, LogSink, RoutingState } from './ports.ts'
import type { Release } from './release.ts'
import { nextRouting } from './routing.ts'
import { startOf, startsSlot } from './runtime.ts'
import { otherSlot, type Slot } from './slot.ts'
import type { Parts } from './steps.ts'
import { unconfirmedBecause } from './through-nginx.ts'

/** Beside the time that an app may take to become healthy. */
const RESTORE_DEADLINE_MS = 120_000

/** What is not as it was before the release, in a sentence each; null where all is well. */
export type Undone = {
  /** Where visitors are, when nginx does not confirm that they are back. */
  doubt: string | null
  /** What there was before and is no more. */
  loss: string | null
}

/** Puts traffic and slots back as they were before the release. Safe to run twice. Throws what keeps the routing from being read or written. */
export async function undoRelease(parts: Parts, release: Release, log: LogSink): Promise<Undone> {
  const doubt = await moveBack(parts, release, log)
  for (const slot of slotsWithVisitors(release)) await letGo(parts, release, slot, log)
  const loss = await restoreSlots(parts, release, log)
  return { doubt, loss }
}

/** The error of a release that was undone. What could not be put back stands in it, and calls for a person. */
export function undoneError(
  error: ReleaseError,
  journal: Pick<Journal, 'newestLive'>,
  { doubt, loss }: Undone,
): ReleaseErrorBody {
  const live = [doubt ?? liveSentence(journal), loss].filter((sentence) => sentence !== null).join(' ')
  const isSafe = doubt === null && loss === null
  return { ...describeError(error, live), ...(isSafe ? {} : { needsAttention: true }) }
}

/**
 * The slot where the release has taken the traffic, be it by itself or by `./rollback.sh` after it; null where it has not.
 * The first release fills both slots, so that its build is in either.
 */
export function movedTo({ state, slot, from }: Release, routing: RoutingState | null): Slot | null {
  const live = routing?.live ?? null
  return state === 'switching' && (live === slot || from === null) ? live : null
}

/** Gives the traffic back to the slot that had it. A build that failed is left out of the routing; a standby stays one. */
async function moveBack(parts: Parts, release: Release, log: LogSink): Promise<string | null> {
  const { id, slot, from } = release
  const routing = await parts.traffic.read()
  if (routing === null || movedTo(release, routing) === null) return null
  const former = from && parts.journal.holderOf(from)
  // The release itself knows it too, where the journal has lost the one that led there.
  const formerBuild = former?.build ?? release.replaces
  const standby = startsSlot(release) ? null : parts.journal.holderOf(slot)
  const builds = {
    ...(from && { [from]: formerBuild ?? undefined }),
    [slot]: standby?.build ?? undefined,
  }
  await parts.traffic.write(
    nextRouting(routing, { live: from, builds, bars: parts.bars.list(), release: id }),
  )
  if (from === null) {
    log('The traffic was taken off the slot.')
    return null
  }
  const reason = await unconfirmedBecause(parts, from, former?.id ?? formerBuild?.madeBy ?? 0)
  const doubt =
    reason === null
      ? null
      : `The traffic was led back to ${from}, but nginx does not confirm that it is there: ${reason}.`
  log(doubt ?? `The traffic is back on ${from}.`)
  return doubt
}

/**
 * The slots that are to be restored and may be answering someone, now that they are not live. `./rollback.sh` takes the
 * visitors from a slot and leaves it in reach.
 */
function slotsWithVisitors(release: Release): readonly Slot[] {
  const { state, slot, from } = release
  if (!startsSlot(release) || state !== 'switching') return []
  return from === null ? [slot, otherSlot(slot)] : [slot]
}

/** Whoever came to the slot is answered before it is taken from under them. */
async function letGo(parts: Parts, { id }: Release, slot: Slot, log: LogSink): Promise<void> {
  const signal = AbortSignal.timeout(parts.settings.drainCapMs + RESTORE_DEADLINE_MS)
  if (await isRestored(parts, slot, id, signal)) return
  await drain(parts, id, slot, log)
}

/** A slot that is to be stopped or started anew may still be in reach, or answer what it was asked when it was. */
async function drain(parts: Parts, id: number, slot: Slot, log: LogSink): Promise<void> {
  await leaveOut(parts, slot, id)
  try {
    const signal = AbortSignal.timeout(parts.settings.drainCapMs + RESTORE_DEADLINE_MS)
    log(`The drain of ${slot}: ${await emptySlot(parts, slot, log, signal)}.`)
  } catch (cause) {
    log(`${slot} could not be drained: ${wordsOf(cause)}.`)
  }
}

/** A director may have been killed when it had restored the slot, and before it could say so. */
async function isRestored({ slots }: Parts, slot: Slot, id: number, signal: AbortSignal): Promise<boolean> {
  const container = await slots.inspect(slot, signal).catch(() => null)
  return container !== null && container.release !== id
}

/**
 * Brings the build back that the slot held, so that rollback stays possible and the slot again runs what the env file
 * says. Where there is none, or it fails, the slot is stopped.
 */
async function restoreSlots(parts: Parts, release: Release, log: LogSink): Promise<string | null> {
  if (!wasTouched(release)) return null
  // ./rollback.sh may have sent the visitors there while no director ran.
  if ((await parts.traffic.read())?.live === release.slot) return null
  if (release.from === null) return stopBoth(parts, release, log)
  const bar = barOn(parts.bars.list(), parts.journal.holderOf(release.slot)?.build)
  if (bar !== null) return leaveStopped(parts, release, bar, log)
  const loss = await bringBack(parts, release, log)
  if (loss === null) await readmit(parts, release, log)
  return loss
}

/** A rollback has none of these steps, unless it starts the standby anew. */
function wasTouched(release: Release): boolean {
  return release.steps.some((step) => ['drain', 'start'].includes(step.name) && step.state !== 'waiting')
}

/** A barred build was no way back before either, so that it does not run any more is no loss. */
async function leaveStopped(parts: Parts, { id, slot }: Release, bar: Bar, log: LogSink): Promise<null> {
  log(`${barWords(bar)} It is not brought back to ${slot}.`)
  await drain(parts, id, slot, log)
  await stop(parts, slot, log)
  await correctRouting(parts)
  return null
}

async function bringBack(parts: Parts, release: Release, log: LogSink): Promise<string | null> {
  try {
    const deadlineMs = RESTORE_DEADLINE_MS + parts.settings.healthDeadlineMs
    await restart(parts, release, log, AbortSignal.timeout(deadlineMs))
    return null
  } catch (cause) {
    const again = parts.journal.holderOf(release.slot)?.build ? ' The director tries again.' : ''
    const loss = `The build that ${release.slot} held could not be brought back, so there is no rollback for now: ${wordsOf(cause)}.${again}`
    log(loss)
    await drain(parts, release.id, release.slot, log)
    await stop(parts, release.slot, log)
    return loss
  }
}

async function restart(parts: Parts, release: Release, log: LogSink, signal: AbortSignal): Promise<void> {
  const previous = parts.journal.holderOf(release.slot)
  const start = previous && startOf(previous)
  if (!previous || !start) throw new Error(`${release.slot} held no build before`)
  const container = await parts.slots.inspect(release.slot, signal)
  if (container?.state === 'running' && container.release === previous.id) {
    const isWell = await isOperational(parts.health, release.slot, previous.id, signal)
    const isInReach = (await parts.traffic.read())?.up.includes(release.slot)
    const start = release.steps.find(({ name }) => name === 'start')?.state ?? 'waiting'
    // Untouched, or restored by a director that was killed before it could say so: its tabs are with it.
    if (isWell && (isInReach || start === 'waiting')) return
    // One that is well is started all the same: a killed compose leaves a second container, which compose alone clears away.
    if (!isWell || start !== 'done') {
      await drain(parts, release.id, release.slot, log)
      // Compose was killed, and Docker may go on stopping it: compose would find it running, and then it would be gone.
      await parts.slots.stop(release.slot, log, signal)
    }
  }
  log(`Bringing back ${start.build.version} in ${release.slot}.`)
  await parts.slots.start(release.slot, start, log, signal)
  // Its console was proved when it went live, and a rollback does not ask for it either.
  const build = { ...start.build, hasConsole: false }
  await parts.health.untilHealthy(release.slot, { release: previous.id, build }, log, signal)
}

/** Makes the standby addressable again, for its open tabs and for a rollback. */
async function readmit(parts: Parts, release: Release, log: LogSink): Promise<void> {
  const routing = await parts.traffic.read()
  const previous = parts.journal.holderOf(release.slot)
  if (!routing?.live || routing.up.includes(release.slot) || !previous?.build) return
  const liveBuild = parts.journal.holderOf(otherSlot(release.slot))?.build ?? undefined
  const builds = { [release.slot]: previous.build, [otherSlot(release.slot)]: liveBuild }
  await parts.traffic.write(
    nextRouting(routing, { live: routing.live, builds, bars: parts.bars.list(), release: release.id }),
  )
  log(`${release.slot} is standby again.`)
}

async function stopBoth(parts: Parts, { slot }: Release, log: LogSink): Promise<null> {
  await stop(parts, slot, log)
  await stop(parts, otherSlot(slot), log)
  return null
}

async function stop(parts: Parts, slot: Release['slot'], log: LogSink): Promise<void> {
  try {
    await parts.slots.stop(slot, log, AbortSignal.timeout(RESTORE_DEADLINE_MS))
  } catch (cause) {
    log(`${slot} could not be stopped: ${wordsOf(cause)}.`)
  }
}
