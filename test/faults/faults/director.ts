import { setTimeout as delay } from 'node:timers/promises'
import type { When } from '../breakpoint.ts'
import type { Fault, Moment } from '../fault.ts'
import { isFree } from '../lock.ts'
import { isOneWithNext } from '../points.ts'
import type { Rig } from '../rig.ts'
import { restartDirector } from '../rig-acts.ts'

const PAUSE_MS = 3_000
const RECOVERY_DEADLINE_MS = 40_000
/** More than any recovery writes. */
const MOST_KILLS = 16
const POLL_MS = 50

export const kill: Fault = {
  name: 'kill',
  title: 'director killed (SIGKILL) after the point',
  isOfJournal: true,
  when: 'after',
  strike: killed,
}

export const killBefore: Fault = {
  name: 'kill-before',
  title: 'director killed (SIGKILL) before the point is durable',
  isOfJournal: true,
  when: 'before',
  // Before the entry that a step begins, the end of the one before it is the last that is durable: `kill` strikes there.
  meets: ({ point, points }) => !isOneWithNext(points, points[points.indexOf(point) - 1]),
  strike: killed,
}

export const term: Fault = {
  name: 'term',
  title: 'director told to end (SIGTERM)',
  isOfJournal: true,
  when: 'after',
  strike: async ({ rig }) => {
    await restartDirector(rig, 'TERM', { whileEnding: () => rig.breakpoints.go() })
    return {}
  },
}

export const killInRecovery: Fault = {
  name: 'kill-recovery',
  title: 'director killed, and again after each write of its recovery',
  when: 'after',
  strike: (moment) => killedAgainAndAgain(moment, 'after'),
}

export const killInRecoveryBefore: Fault = {
  name: 'kill-recovery-before',
  title: 'director killed, and again before each write of its recovery',
  when: 'after',
  strike: (moment) => killedAgainAndAgain(moment, 'before'),
}

export const paused: Fault = {
  name: 'paused',
  title: 'director paused for 3 s',
  isHarmless: () => true,
  when: 'after',
  strike: async ({ rig }) => {
    const director = await rig.system.container('director')
    await director.pause()
    rig.breakpoints.go()
    await delay(PAUSE_MS)
    const violations = isFree(rig) ? ['The lock was free while its holder was paused.'] : []
    await director.unpause()
    return { violations }
  },
}

async function killed({ rig }: Moment) {
  await restartDirector(rig, 'KILL')
  return {}
}

/** A start that comes no further than an earlier one is let through one write more, until its recovery is over. */
async function killedAgainAndAgain({ rig }: Moment, when: When) {
  const endMs = performance.now() + RECOVERY_DEADLINE_MS
  const met = new Set<string>()
  let skip = 0
  for (let kills = 0; kills < MOST_KILLS; kills++) {
    rig.breakpoints.stopAt(when, '*', skip)
    await restartDirector(rig, 'KILL')
    const point = await stoppedAgain(rig, endMs)
    if (point === null) break
    if (met.has(point)) skip++
    met.add(point)
  }
  rig.breakpoints.go()
  return {}
}

/** Null where its recovery is over before it writes once more. */
async function stoppedAgain(rig: Rig, endMs: number): Promise<string | null> {
  let isOver = false
  const looking = (async () => {
    while (!isOver && performance.now() < endMs) {
      const status = await rig.system.status().catch(() => null)
      isOver ||= status !== null && status.running === null && status.actions.deploy.reason === null
      await delay(POLL_MS)
    }
  })()
  const reached = await rig.breakpoints.reached(endMs, () => isOver)
  isOver = true
  // One that is stopped does not answer who asks it.
  void looking
  return reached
}
