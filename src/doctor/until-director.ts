import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from './bench.ts'
import { DIRECTOR_SOCKET, lookAtDirector } from './look/director.ts'

const ANSWER_WITHIN_MS = 60_000
const PAUSE_MS = 250

/** Waits until a director that was started answers. Throws after a minute. */
export async function untilDirectorAnswers({ signal }: Pick<Bench, 'signal'>): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])
  while (!deadline.aborted) {
    if ((await lookAtDirector(DIRECTOR_SOCKET)).answers) return
    await pause(PAUSE_MS)
  }
  throw new Error(`the director did not answer within ${ANSWER_WITHIN_MS / 1_000} s`)
}
