import { setTimeout as delay } from 'node:timers/promises'

/**
 * One thing that this app needs in order to serve. `run` answers with one line to show, or null, and throws when the
 * thing is missing; the message is public, so it must hold no secret. It has two seconds, then its signal aborts.
 */
export type Check = {
  name: string
  run(signal: AbortSignal): Promise<string | null>
}

const MAX_LAG_MS = 1_000
/** What was seen longer ago says nothing of now. */
const MAX_APART_MS = 60_000

/**
 * Fails where timers come more than `maxLagMs` late twice in a row. Once is what a busy machine does to any process, and
 * visitors are served right after it.
 */
export function eventLoopCheck(maxLagMs: number): Check {
  let lateAtMs = Number.NEGATIVE_INFINITY

  return {
    name: 'event-loop',
    async run(signal) {
      const startedMs = performance.now()
      const wasLate = startedMs - lateAtMs <= MAX_APART_MS
      await delay(1, undefined, { signal })
      const lagMs = performance.now() - startedMs - 1
      const isLate = lagMs > maxLagMs
      lateAtMs = isLate ? performance.now() : Number.NEGATIVE_INFINITY
      if (!isLate) return null
      const words = `a timer came ${Math.round(lagMs)} ms late`
      if (wasLate) throw new Error(`${words}, as the one before it did`)
      return words
    },
  }
}

/** The app's readiness checks. Add your own here: a database, a queue, another service. */
export const CHECKS: readonly Check[] = [eventLoopCheck(MAX_LAG_MS)]
