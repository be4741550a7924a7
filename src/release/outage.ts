import type { Slot } from './slot.ts'

/** For one look at a slot: a slot that takes longer to say how it is counts as silent. */
export const LOOK_DEADLINE_MS = 2_000
export const LOOK_EVERY_MS = 500
/** What a busy machine adds to either. A director that was paused is far beyond it. */
const SLACK_MS = 1_000
/** So that no pair of unlucky looks moves anything, however short the limit is. */
const LEAST_LOOKS = 3

/** One look at the live slot, in milliseconds of a clock that nobody can set (`performance.now`). */
export type Look = {
  slot: Slot
  startedMs: number
  endedMs: number
  /** It said how it is, whatever that was. */
  isAnswered: boolean
  /** Why the other slot is no way out, in a sentence; null where it is healthy. Of no interest where the live one answers. */
  standbyProblem: string | null
}

/** The live slot was silent at each look since `sinceMs`; the standby was healthy at each of the last `ready.looks`. */
export type Outage = {
  slot: Slot
  sinceMs: number
  lookedMs: number
  looks: number
  ready: { sinceMs: number; looks: number } | null
  standbyProblem: string | null
  /** Looks that did not come at their pace, as on a machine that is starved: they say nothing of the slot. */
  late: number
}

/**
 * What is known after one more look. A look that is not of this pace tells of a director that was paused, not of a slot:
 * then the time before it counts for nothing.
 */
export function outageAfter(before: Outage | null, look: Look | null): Outage | null {
  if (look === null) return null
  const { slot, startedMs, endedMs, standbyProblem } = look
  if (look.isAnswered) return null
  const same = before?.slot === slot ? before : null
  if (endedMs - startedMs > 2 * LOOK_DEADLINE_MS + SLACK_MS) {
    const none = { sinceMs: endedMs, lookedMs: endedMs, looks: 0, ready: null }
    return { ...none, slot, standbyProblem, late: (same?.late ?? 0) + 1 }
  }
  const isOfThisPace = same && startedMs - same.lookedMs <= LOOK_EVERY_MS + SLACK_MS ? same : null
  const ready = isOfThisPace?.ready ?? { sinceMs: startedMs, looks: 0 }
  return {
    ...{ slot, standbyProblem, lookedMs: endedMs },
    late: same === null ? 0 : same.late + (isOfThisPace ? 0 : 1),
    sinceMs: isOfThisPace?.sinceMs ?? startedMs,
    looks: (isOfThisPace?.looks ?? 0) + 1,
    ready: standbyProblem === null ? { ...ready, looks: ready.looks + 1 } : null,
  }
}

/**
 * Whether the outage has lasted for `limitMs`. Only the time counts in which there was a way out: after a reboot both slots
 * start again, and the first to be back must not win by that.
 */
export function isDue({ ready, lookedMs }: Outage, limitMs: number): boolean {
  return ready !== null && ready.looks >= LEAST_LOOKS && lookedMs - ready.sinceMs >= limitMs
}

/** Whether it is more than one unlucky look, and so worth a word. */
export function isWorthAWord({ looks, late }: Outage): boolean {
  return looks >= LEAST_LOOKS || late >= LEAST_LOOKS
}

/** Whether the director is held up itself, again and again: then it can't tell a slot that hangs from a machine that is starved. */
export function isHeldUp({ looks, late }: Outage): boolean {
  return looks < LEAST_LOOKS && late >= LEAST_LOOKS
}
