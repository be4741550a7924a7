import { setTimeout as delay } from 'node:timers/promises'
import { otherSlot, type Slot } from '../../src/release/slot.ts'
import type { Rig } from '../docker/rig.ts'

/** One way to move the traffic between two slots. */
export type Rival = {
  name: string
  /** Whether it reaches the slots through ports of the host. */
  publishesSlots: boolean
  /**
   * Whether a release stops the slot that it is to put a build into, before that gets the traffic. Otherwise it stops the
   * slot that lost the traffic, after that.
   */
  stopsBefore?: boolean
  /** How long the slot that lost the traffic gets new requests by intention. */
  oldSlotServesMs?: number
  /** `host` is the last part of its address, where several run at once. */
  start(rig: Rig, tlsDir: string, host?: number): Promise<RunningRival>
}

/** The proxy runs and the primary slot has the traffic. */
export type RunningRival = {
  address: { host: string; httpPort: number; tlsPort: number }
  /** Where a symlink `current` is renamed, if that is what moves the traffic. */
  liveDir?: string
  /** Moves the traffic; resolves when its command is done. */
  flip(to: Slot): Promise<void>
  /** Resolves when several fresh connections in a row were answered by the slot. */
  confirm(to: Slot, signal: AbortSignal): Promise<void>
  /** Puts a new build into the slot that has no traffic, moves the traffic to it, and does with the other what this way does. */
  release(to: Slot, signal: AbortSignal): Promise<void>
}

/** What the article's reader does: stops the old slot once the command is done. */
export async function releaseAndStop(rig: Rig, rival: Pick<RunningRival, 'flip'>, to: Slot): Promise<void> {
  if (!(await rig.isRunning(to))) await rig.startSlot(to)
  await rival.flip(to)
  await rig.stopSlot(otherSlot(to), DOCKER_GRACE_SECONDS)
}

/** What a careful user of a proxy does: makes sure of the move, waits as long as the old slot is meant to serve, and gives it time. */
export async function releaseWithCare(
  rig: Rig,
  rival: Pick<RunningRival, 'flip' | 'confirm'>,
  to: Slot,
  signal: AbortSignal,
  oldSlotServesMs = 0,
): Promise<void> {
  if (!(await rig.isRunning(to))) await rig.startSlot(to)
  await rival.flip(to)
  await rival.confirm(to, signal)
  await delay(oldSlotServesMs, undefined, { signal })
  await rig.stopSlot(otherSlot(to), GRACE_SECONDS)
}

/** What `docker stop` gives a container when nothing is said. */
const DOCKER_GRACE_SECONDS = 10
/** As docker-compose.release.yml gives its slots. */
export const GRACE_SECONDS = 30
