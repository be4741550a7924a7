import { setTimeout as delay } from 'node:timers/promises'
import { isFailOver } from '../freeze.ts'
import type { Confirmation, Expectation } from '../ports.ts'
import type { Release } from '../release.ts'
import type { Parts } from '../steps.ts'
import { answersVisitors } from './answers-visitors.ts'
import { lookAt, type Sight } from './look-at.ts'

const BRISK_WITHIN_MS = 1_000
/** One silence may be the load of a bad moment, so a second look begins beside the first. Whoever rolls back waits for both. */
const SECOND_LOOK_AFTER_MS = 300

const ROUND_WITHIN_MS = 2_500
const ROUND_PAUSE_MS = 300
/** A director that was held up in a round has seen nothing in it. */
const ROUND_SLACK_MS = 1_000
const ROUNDS = 6
/** So many in which the one answers and the other does not. */
const ENOUGH = 2
/** nginx's log is two seconds late, so these are the ones before. */
const VISITORS_WITHIN_MS = 6_000

/**
 * Looks at the slot that is left while it still has its visitors: how it is without them says less. Undefined where there is
 * none, or nobody knows what it should run. A fail-over has looked for seconds.
 */
export async function howItIsLeft(
  { health, journal }: Pick<Parts, 'health' | 'journal'>,
  release: Release,
  signal: AbortSignal,
): Promise<Release['leftBehind']> {
  const { from } = release
  const holder = from && journal.holderOf(from)
  if (!from || !holder) return undefined
  if (isFailOver(release)) return 'unwell'
  const look = (): Promise<Sight> => lookAt(health, from, holder.id, BRISK_WITHIN_MS, signal)
  const first = look()
  const early = await Promise.race([first, delay(SECOND_LOOK_AFTER_MS, null)])
  if (early !== null && isBrisk(early)) return 'well'
  const sights = await Promise.all([first, look()])
  return sights.some(isBrisk) ? 'well' : 'unwell'
}

/** A slot that takes longer to say how it is has no room for anybody who is sent there. */
export function isBrisk(sight: Sight): boolean {
  return sight.kind === 'well' && sight.latencyMs < BRISK_WITHIN_MS
}

/**
 * Whether visitors of `slot`, which does not say that it is well, would be better served where they came from: that was well
 * when they left it, answers now, and `slot` does not, neither this question nor visitors. On a starved machine both are slow, and
 * the one without visitors is the quicker one by that alone. What `slot` says to us is nothing to them where nginx does not reach it.
 */
export async function isLeftBehindBetter(
  { health, journal, trafficLog }: Pick<Parts, 'health' | 'journal' | 'trafficLog'>,
  { from, leftBehind }: Release,
  { slot, release: expected }: Pick<Expectation, 'slot' | 'release'>,
  sight: Confirmation['sight'],
): Promise<boolean> {
  const former = from && journal.holderOf(from)
  if (!from || !former || leftBehind === 'unwell') return false
  let better = 0
  for (let round = 0; round < ROUNDS && better < ENOUGH; round++) {
    if (round > 0) await delay(ROUND_PAUSE_MS)
    const startedMs = performance.now()
    const [now, before] = await Promise.all([
      lookAt(health, slot, expected, ROUND_WITHIN_MS),
      lookAt(health, from, former.id, ROUND_WITHIN_MS),
    ])
    if (now.kind === 'well' && sight !== 'unreached') return false
    const isHeldUp = performance.now() - startedMs > ROUND_WITHIN_MS + ROUND_SLACK_MS
    if (isHeldUp || !isBrisk(before)) continue
    // What says that it is ill is believed, whatever it still answers visitors.
    if (now.kind !== 'ill' && trafficLog && answersVisitors(trafficLog, slot, VISITORS_WITHIN_MS))
      return false
    better += 1
  }
  return better >= ENOUGH
}
