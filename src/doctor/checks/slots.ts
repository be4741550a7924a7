import { SLOTS, type Slot } from '../../release/slot.ts'
import { addressOf } from '../../topology/addresses.ts'
import type { Check, Finding } from '../finding.ts'
import type { ContainerSight, Seen } from '../seen.ts'
import { serviceOfSlot } from '../services.ts'
import { containerIn, effectOn, heldBy, isDown, servedSlot, slotWords } from '../truth.ts'

/** By then a slot of the compose file is healthy, or has been called unhealthy. */
const START_PERIOD_MS = 30_000

const ofSlots =
  (find: (seen: Seen, slot: Slot) => readonly Finding[]): Check['find'] =>
  (seen) =>
    seen.docker.kind === 'unreachable' || isDown(seen) ? [] : SLOTS.flatMap((slot) => find(seen, slot))

const severityOf = (seen: Seen, slot: Slot): Finding['severity'] =>
  servedSlot(seen) === slot ? 'broken' : 'warning'

export const slotContainers: Check = {
  name: "slots' containers",
  about: 'each slot that holds a build has a container, and it runs',
  fix: 'has compose start it with the build that the journal names, and waits until it is healthy',
  isOfReleases: true,
  find: ofSlots((seen, slot) => {
    const held = heldBy(seen, slot)
    const container = containerIn(seen, slot)
    if (held === null || container?.state === 'running') return []
    const how = container === null ? 'has no container' : stateWords(container)
    return [
      {
        severity: severityOf(seen, slot),
        sentence: `${slotWords(seen, slot)} ${how}, so ${effectOn(seen, slot)}.`,
        ...started(seen, slot, container),
      },
    ]
  }),
}

function stateWords({ state, exitCode }: ContainerSight): string {
  if (state === 'restarting') return `ends as often as it is started (exit code ${exitCode})`
  return state === 'exited' ? `is stopped (exit code ${exitCode})` : `is ${state}`
}

function started(seen: Seen, slot: Slot, container: ContainerSight | null): Pick<Finding, 'remedy' | 'mend'> {
  const held = heldBy(seen, slot)
  const image = held?.build.image ?? ''
  const obstacle = obstacleOf(seen, slot)
  if (obstacle !== null) return { remedy: obstacle, mend: null }
  if (container?.state === 'paused') {
    return {
      remedy: '--fix lets it go on.',
      mend: async ({ place, untilHealthy }) => {
        await place.docker.getContainer(container.id).unpause()
        await untilHealthy(slot)
      },
    }
  }
  if (container?.state === 'restarting') {
    return {
      remedy: `\`docker logs ${container.name}\` says why. Roll back, or deploy another build.`,
      mend: null,
    }
  }
  return {
    remedy: `--fix has compose start it with ${image} (release ${held?.release.id}).`,
    mend: ({ startSlot }) => startSlot(slot),
  }
}

/** Whoever has what the slot's container needs, and what is to be done about that; null where nobody has. */
function obstacleOf({ docker, system }: Seen, slot: Slot): string | null {
  if (docker.kind === 'unreachable') return 'Start Docker, then run the doctor again.'
  const service = serviceOfSlot[slot]
  const named = docker.strangers.find((stranger) => stranger.service === service)
  if (named) return `A container of someone else is called ${named.name}: remove or rename that first.`
  const address = addressOf(system.prefixes, slot)
  const strangers = Object.values(docker.networks).flatMap((network) => network?.strangers ?? [])
  const there = strangers.find((stranger) => stranger.address === address)
  return there ? `The container ${there.name} has its address: take that off the network first.` : null
}

export const slotBuilds: Check = {
  name: "slots' builds",
  about: 'each slot runs the image and the release that the journal says it holds',
  fix: 'has compose start the standby with the right one; what is live only a release or a rollback may replace',
  isOfReleases: true,
  find: ofSlots((seen, slot) => {
    const held = heldBy(seen, slot)
    const container = containerIn(seen, slot)
    if (held === null || container?.state !== 'running') return []
    if (container.image === held.build.image && container.release === held.release.id) return []
    const runs = `${container.image} as release ${container.release ?? 'none'}`
    const isLive = servedSlot(seen) === slot
    return [
      {
        severity: severityOf(seen, slot),
        sentence: `${slotWords(seen, slot)} runs ${runs}, and the journal says ${held.build.image} as release ${held.release.id}. ${isLive ? 'Visitors get what no release has put there.' : 'A rollback to it is refused.'}`,
        remedy: isLive
          ? 'Nobody but you can say which one is right: deploy it, or roll back to the standby.'
          : '--fix has compose start it with what the journal says.',
        mend: isLive ? null : ({ startSlot }) => startSlot(slot),
      },
    ]
  }),
}

export const slotHealth: Check = {
  name: "slots' health",
  about: 'each slot answers its status route and says that it is operational',
  fix: 'starts a slot anew that does not answer at all',
  isOfReleases: true,
  find: ofSlots((seen, slot) => {
    const container = containerIn(seen, slot)
    if (container?.state !== 'running' || heldBy(seen, slot) === null || !hasAddress(seen, slot, container))
      return []
    const sight = seen.slots[slot]
    if (sight.kind === 'status' && sight.payload.status === 'operational') return []
    const how =
      sight.kind === 'status'
        ? `says that it is ${sight.payload.status}`
        : sight.kind === 'wrong'
          ? `does not answer as a slot should: ${sight.reason}`
          : `does not answer: ${sight.reason}`
    return [
      {
        severity: severityOf(seen, slot),
        sentence: `${slotWords(seen, slot)} ${how}.`,
        ...revived(seen, slot, container),
      },
    ]
  }),
}

function revived(seen: Seen, slot: Slot, container: ContainerSight): Pick<Finding, 'remedy' | 'mend'> {
  const logs = `\`switchyard logs ${slot}\` shows what it writes`
  if (seen.slots[slot].kind !== 'unreachable') {
    const way =
      servedSlot(seen) === slot ? ' Roll back, or deploy another build.' : ' The next deploy replaces it.'
    return { remedy: `${logs}.${way}`, mend: null }
  }
  if (Date.now() - container.startedAtMs < START_PERIOD_MS) {
    return {
      remedy: '--fix waits for it: it has just been started.',
      mend: ({ untilHealthy }) => untilHealthy(slot),
    }
  }
  return {
    remedy: `--fix starts it anew; ${logs}.`,
    mend: async ({ restart, untilHealthy }) => {
      await restart(serviceOfSlot[slot])
      await untilHealthy(slot)
    },
  }
}

function hasAddress({ system }: Seen, slot: Slot, { addresses }: ContainerSight): boolean {
  return [...addresses.values()].includes(addressOf(system.prefixes, slot))
}
