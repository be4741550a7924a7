import { reasonOf } from './errors.ts'
import type { LogSink } from './ports.ts'
import type { Release } from './release.ts'
import { NO_ROUTING, nextRouting } from './routing.ts'
import { otherSlot } from './slot.ts'
import type { Parts } from './steps.ts'

const RESTORE_DEADLINE_MS = 120_000

/** Gives the traffic back to the slot that had it. The slot that failed is left out of the routing. */
export async function moveBack(parts: Parts, id: number, log: LogSink): Promise<void> {
  const release = parts.journal.get(id)
  if (!release) return
  const routing = (await parts.traffic.read()) ?? NO_ROUTING
  const isOurs = routing.release === id && routing.live === release.slot
  if (!isOurs) return
  const build = release.from === null ? undefined : parts.journal.holderOf(release.from)?.build
  const builds = release.from === null || !build ? {} : { [release.from]: build }
  await parts.traffic.write(nextRouting(routing, { live: release.from, builds, release: id }))
  log(
    release.from === null ? 'The traffic was taken off the slot.' : `The traffic is back on ${release.from}.`,
  )
}

/**
 * After a failed deploy: brings the build back that the slot held, so that rollback stays possible
 * and the slot again runs what the env file says. Where there is none, or it fails, the slot is stopped.
 */
export async function restoreSlot(parts: Parts, id: number, log: LogSink): Promise<void> {
  const release = parts.journal.get(id)
  if (!release) return
  if (release.verb === 'rollback') return readmit(parts, release, log)
  if (!wasTouched(release)) return
  const signal = AbortSignal.timeout(RESTORE_DEADLINE_MS)
  try {
    if (release.from === null) return await stopBoth(parts, release, log, signal)
    await restart(parts, release, log, signal)
    await readmit(parts, release, log)
  } catch (cause) {
    log(
      `The build that ${release.slot} held could not be brought back, so there is no rollback until the next deploy: ${reasonOf(cause)}`,
    )
    await parts.slots
      .stop(release.slot, log, AbortSignal.timeout(RESTORE_DEADLINE_MS))
      .catch((error: unknown) => {
        log(`${release.slot} could not be stopped: ${reasonOf(error)}`)
      })
  }
}

function wasTouched(release: Release): boolean {
  return release.steps.some((step) => ['drain', 'start'].includes(step.name) && step.state !== 'waiting')
}

async function restart(parts: Parts, release: Release, log: LogSink, signal: AbortSignal): Promise<void> {
  const previous = parts.journal.holderOf(release.slot)
  if (!previous?.build) throw new Error(`${release.slot} held no build before`)
  const container = await parts.slots.inspect(release.slot, signal)
  if (container?.state === 'running' && container.release === previous.id) return
  log(`Bringing back ${previous.build.version} in ${release.slot}.`)
  await parts.slots.start(release.slot, previous.build, previous.id, log, signal)
  await parts.health.untilHealthy(release.slot, { release: previous.id, build: previous.build }, log, signal)
}

/** Makes the standby addressable again, for its open tabs and for a rollback. */
async function readmit(parts: Parts, release: Release, log: LogSink): Promise<void> {
  const routing = await parts.traffic.read()
  const previous = parts.journal.holderOf(release.slot)
  if (!routing?.live || routing.up.includes(release.slot) || !previous?.build) return
  const liveBuild = parts.journal.holderOf(otherSlot(release.slot))?.build ?? undefined
  const builds = { [release.slot]: previous.build, [otherSlot(release.slot)]: liveBuild }
  await parts.traffic.write(nextRouting(routing, { live: routing.live, builds, release: release.id }))
  log(`${release.slot} is standby again.`)
}

async function stopBoth(parts: Parts, release: Release, log: LogSink, signal: AbortSignal): Promise<void> {
  await parts.slots.stop(release.slot, log, signal)
  await parts.slots.stop(otherSlot(release.slot), log, signal)
}
