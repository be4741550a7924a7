import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../release/errors.ts'
import type { TrafficLog } from '../release/ports.ts'
import { logTail } from './log-tail.ts'
import { parseTrafficLine } from './traffic-line.ts'
import { KEPT_SECONDS, trafficTally } from './traffic-tally.ts'

const READ_EVERY_MS = 500

/** Reads nginx's access log as it is written and counts what it says, until it is closed. */
export function followTrafficLog(path: string): TrafficLog & { close(): Promise<void> } {
  const tally = trafficTally()
  const stop = new AbortController()
  let unreadable = 0
  let problem: string | null = 'The access log of nginx has not been read yet.'
  const tail = logTail(path, {
    isOld: (text) => {
      const request = parseTrafficLine(text)
      return request !== null && request.atMs < Date.now() - KEPT_SECONDS * 1_000
    },
    onLine: (text) => {
      const request = parseTrafficLine(text)
      if (request) tally.add(request, Date.now())
      else unreadable += 1
    },
  })

  async function read(): Promise<void> {
    const before = problem
    problem = await tail.read().then(
      (isThere) => (isThere ? null : 'nginx has written no access log yet.'),
      (cause: unknown) => `The access log of nginx can't be read: ${reasonOf(cause)}.`,
    )
    if (problem !== null && problem !== before) console.error(problem)
  }

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      await read()
      await delay(READ_EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined)
    }
    await tail.close()
  }

  const ended = follow()
  return {
    last: (by, seconds, fromMs) => tally.last(by, seconds, Date.now(), fromMs),
    since: (by, fromMs) => tally.since(by, fromMs, Date.now()),
    problem: () => problem,
    unreadableLines: () => unreadable,
    close: async () => {
      stop.abort()
      await ended
    },
  }
}
