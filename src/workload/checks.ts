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

/** The app's readiness checks. Add your own here: a database, a queue, another service. */
export const CHECKS: readonly Check[] = [
  {
    name: 'event-loop',
    async run(signal) {
      const startedMs = performance.now()
      await delay(1, undefined, { signal })
      const lagMs = performance.now() - startedMs - 1
      if (lagMs > MAX_LAG_MS) throw new Error(`a timer came ${Math.round(lagMs)} ms late`)
      return null
    },
  },
]
