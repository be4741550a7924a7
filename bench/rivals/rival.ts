import type { Slot } from '../../src/release/slot.ts'
import type { Rig } from '../docker/rig.ts'

/** One way to move the traffic between two slots. */
export type Rival = {
  name: string
  /** Whether it reaches the slots through ports of the host. */
  publishesSlots: boolean
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

/** What the article's reader does and what each rival's own command stops at: stop the old slot once the command is done. */
export async function releaseAndStop(rig: Rig, rival: Pick<RunningRival, 'flip'>, to: Slot): Promise<void> {
  if (!(await rig.isRunning(to))) await rig.startSlot(to)
  await rival.flip(to)
  await rig.stopSlot(to === 'primary' ? 'secondary' : 'primary', DOCKER_GRACE_SECONDS)
}

/** What `docker stop` gives a container when nothing is said. */
const DOCKER_GRACE_SECONDS = 10
