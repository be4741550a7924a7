import { setTimeout as delay } from 'node:timers/promises'
import { barOn, barWords } from '../release/bar.ts'
import { isFrozenBy } from '../release/freeze.ts'
import { wordsOf } from '../release/messages.ts'
import { answersVisitors } from '../release/move/answers-visitors.ts'
import { isBrisk } from '../release/move/left-behind.ts'
import { lookAt, type Sight } from '../release/move/look-at.ts'
import {
  isDue,
  isHeldUp,
  isWorthAWord,
  LOOK_DEADLINE_MS,
  LOOK_EVERY_MS,
  type Look,
  type Outage,
  outageAfter,
} from '../release/outage.ts'
import type { RoutingState, TrafficLog } from '../release/ports.ts'
import type { Actor, Release } from '../release/release.ts'
import { otherSlot, type Slot } from '../release/slot.ts'
import type { Parts } from '../release/steps.ts'
import type { Releases } from './releases.ts'

const FAIL_OVER: Actor = { kind: 'director', name: 'Fail-over' }

export type FailOver = {
  /** Looks at the live slot once, and moves the traffic where it has been down for long enough. Never throws. */
  look(): Promise<void>
  /** What there is to say of a live slot that is down, or null. */
  problem(): string | null
}

export type FailOverOptions = {
  parts: Parts
  releases: Pick<Releases, 'rollback' | 'running' | 'settled'>
  trafficLog: Pick<TrafficLog, 'since'>
  /** How long the live slot must be down. */
  limitMs: number
  /** Of a clock that nobody can set. */
  nowMs?: () => number
}

/** Moves the traffic to a healthy standby when the live slot stays down: once, until somebody has lifted the freeze that comes with it. */
export function failOver(options: FailOverOptions): FailOver {
  const { parts, releases, trafficLog, limitMs, nowMs = () => performance.now() } = options
  let outage: Outage | null = null
  let problem: string | null = null
  /** The fail-over of this very outage that did not go live. */
  let failed: Release | null = null

  async function look(): Promise<void> {
    const routing = await parts.traffic.read().catch(() => null)
    // What is under way may be changing either slot.
    const isOthers = routing === null || routing.live === null || releases.running() !== null
    const from = parts.journal.newestLive()?.id
    const seen = isOthers ? null : await lookAtLive(parts, routing, nowMs)
    // A look takes seconds at a slot that hangs: who moved the traffic meanwhile has decided where it is to be.
    outage = parts.journal.newestLive()?.id === from ? outageAfter(outage, seen) : null
    if (outage === null) failed = null
    say(outage && (await act(outage, from)))
  }

  /** Answers with what there is to say. */
  async function act(now: Outage, from: number | undefined): Promise<string | null> {
    if (!isWorthAWord(now)) return problem
    const { slot } = now
    const silence = `${slot} is live and does not answer`
    if (isHeldUp(now))
      return `${silence}, and the director itself is held up: this machine is overloaded. The director moves nothing by itself.`
    const hindrance = hindranceOf(now)
    if (hindrance !== null) return `${silence}${hindrance}`
    if (!isDue(now, limitMs))
      return `${silence}. ${otherSlot(slot)} is healthy: the director moves the traffic there when this has lasted ${limitMs / 1_000} s.`
    if (answersVisitors(trafficLog, slot, limitMs))
      return `${slot} does not say how it is, but answers visitors, so the traffic stays with it.`
    try {
      await parts.traffic.served(AbortSignal.timeout(LOOK_DEADLINE_MS))
      failed = await move(slot, from)
    } catch (cause) {
      return `${silence}, and the traffic can't be moved: ${wordsOf(cause)}.`
    }
    return failed && `${silence}${hindranceOf(now)}`
  }

  /** What keeps the traffic where it is, as the end of a sentence and more. */
  function hindranceOf({ slot, standbyProblem }: Outage): string | null {
    if (standbyProblem !== null)
      return `, and there is nothing to move the traffic to: ${standbyProblem} The director moves nothing by itself.`
    if (isFrozenBy(parts.freezes.inForce(), 'fail-over'))
      return '. The director has moved the traffic once, and does so again only when somebody has lifted the freeze.'
    if (failed === null) return null
    return `. Release ${failed.id} was to move the traffic and did not go live; the director tries again only when ${slot} has answered.`
  }

  /**
   * By the one engine, under the one lock, and only while `from` is still the release that is live. Answers with the release
   * where it did not go live.
   */
  async function move(slot: Slot, from: number | undefined): Promise<Release | null> {
    const other = otherSlot(slot)
    const note = `${slot} was live and had not answered for ${limitMs / 1_000} s; ${other} was healthy`
    const { id } = await releases.rollback({ note, ...(from === undefined ? {} : { from }) }, FAIL_OVER)
    console.error(`${note}. Release ${id} moves the traffic there.`)
    await releases.settled()
    const ended = parts.journal.get(id)
    if (ended?.state !== 'live') return ended
    console.error(`Release ${id}: the traffic is at ${other}, and deploys by machines are frozen.`)
    outage = null
    return null
  }

  function say(sentence: string | null): void {
    if (sentence !== null && sentence !== problem) console.error(sentence)
    problem = sentence
  }

  return {
    look: () => look().catch((cause: unknown) => say(`The live slot can't be looked at: ${wordsOf(cause)}.`)),
    problem: () => problem,
  }
}

/** Looks again and again, until `signal` is aborted. */
export async function keepLooking({ look }: Pick<FailOver, 'look'>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await look()
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function lookAtLive(parts: Parts, routing: RoutingState, nowMs: () => number): Promise<Look | null> {
  const slot = routing.live
  if (slot === null) return null
  const startedMs = nowMs()
  const sight = await lookAt(parts.health, slot, parts.journal.holderOf(slot)?.id ?? 0, LOOK_DEADLINE_MS)
  const isAnswered = ANSWERS.includes(sight.kind)
  const standbyProblem = isAnswered ? null : await whyNoWayOut(parts, routing, otherSlot(slot), sight)
  return { slot, startedMs, endedMs: nowMs(), isAnswered, standbyProblem }
}

/** It said how it is, whatever that was. */
const ANSWERS: readonly Sight['kind'][] = ['well', 'ill', 'other']

async function whyNoWayOut(
  parts: Parts,
  { up }: RoutingState,
  slot: Slot,
  live: Sight,
): Promise<string | null> {
  const holder = parts.journal.holderOf(slot)
  if (!holder?.build) return `${slot} holds no build.`
  const bar = barOn(parts.bars.list(), holder.build)
  if (bar !== null) return barWords(bar)
  if (!up.includes(slot)) return `${slot} is out of reach.`
  const sight = await lookAt(parts.health, slot, holder.id, LOOK_DEADLINE_MS)
  if (sight.kind === 'well' && (live.kind !== 'silent' || isBrisk(sight))) return null
  // A slot that is gone is no matter of the load; two that take connections and answer late are.
  const isSlowToo = live.kind === 'silent' && (sight.kind === 'silent' || sight.kind === 'well')
  return isSlowToo ? `${slot} is slow too, so this machine is overloaded.` : `${slot} is not healthy either.`
}
