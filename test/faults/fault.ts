import type { ReleaseVerb } from '../../src/release/release.ts'
import type { Slot } from '../../src/release/slot.ts'
import type { When } from './breakpoint.ts'
import type { Rig } from './rig.ts'

/** The moment at which a fault strikes: the director stands still at the cell's point. */
export type Moment = {
  rig: Rig
  verb: ReleaseVerb
  point: string
  /** The release's own slot, and the one that visitors are sent to now. */
  target: Slot
  live: Slot
  /** The generation that was served when the release began, and now. */
  generations: { before: number; now: number }
  random(): number
  /** Resolves when the release has ended or the director does not run it any more; never throws. */
  ended(deadlineMs?: number): Promise<void>
}

/** What a fault leaves to be done and known once the release has ended. */
export type Aftermath = {
  /** Ends the fault where nothing in the system can: takes the stranger away, frees the disk, puts the clock back. */
  repair?(): Promise<void>
  /** Until when (of `performance.now()`) visitors may go unserved, where the fault itself takes from them what serves them. */
  excusedUntilMs?(): Promise<number>
  /** The last event is in the journal and not in its copy yet, so that nobody has been told of it, and the journal goes. */
  losesLastEvent?: boolean
  /** The standby's container is gone with the fault, so that there is no way back before the next deploy. */
  losesStandby?: boolean
  /** What the fault itself found wrong. */
  violations?: string[]
}

export type Fault = {
  name: string
  /** In words, for the table. */
  title: string
  /** Whether it is no reason there for a release not to go live. */
  isHarmless?(point: string, verb: ReleaseVerb): boolean
  /**
   * Whether it is about which entry of the journal is the last that is durable. The others strike once where a step ends and
   * the next begins with nothing between, which saves time: that either entry will do for a recovery is for those to show.
   */
  isOfJournal?: boolean
  /** On which side of the point the director is stopped. */
  when: When
  /** Whether it can strike there at all; it can everywhere, where this is left out. */
  meets?(place: { verb: ReleaseVerb; point: string; points: readonly string[] }): boolean
  /** Strikes, and lets the director go on or ends it. Null where there was nothing to strike. */
  strike(moment: Moment): Promise<Aftermath | null>
}
