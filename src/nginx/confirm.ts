import { setTimeout as pause } from 'node:timers/promises'
import { ReleaseError } from '../release/errors.ts'
import type { Expectation } from '../release/ports.ts'
import { statusPayloadSchema } from '../release/status-payload.ts'
import { type FreshAnswer, freshRequest } from './fresh-request.ts'
import { servedState } from './served.ts'

/** One good answer proves nothing; five in a row, each on a fresh connection, did in every trial. */
export const IN_A_ROW = 5

const CONFIRM_WITHIN_MS = 5_000
/** Longer than nginx takes to give a slot up, so that its answer is what is told. */
const ANSWER_WITHIN_MS = 4_000
const PAUSE_MS = 20

export type Addresses = { publicUrl: URL; internalUrl: URL }

/**
 * Asks nginx until it has served the expected generation and the expected slot's release five times in a row.
 * Throws `switch-unconfirmed` (facts: `reason`, with what was seen last) after 5 s, and the signal's reason when it aborts.
 */
export async function confirmSwitch(
  addresses: Addresses,
  expected: Expectation,
  signal: AbortSignal,
): Promise<{ tookMs: number }> {
  const startedAt = performance.now()
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONFIRM_WITHIN_MS)])
  let inARow = 0
  let lastWrong = 'no answer in time'
  while (!deadline.aborted) {
    const wrong = await lookOnce(addresses, expected, deadline)
    if (wrong === null) {
      inARow += 1
      if (inARow === IN_A_ROW) return { tookMs: performance.now() - startedAt }
    } else {
      inARow = 0
      if (!deadline.aborted) lastWrong = wrong
      await pause(PAUSE_MS)
    }
  }
  signal.throwIfAborted()
  throw new ReleaseError('switch-unconfirmed', { reason: lastWrong })
}

/** What is wrong with a status answer that came through nginx, or null when it is the expected slot's release. */
export function wrongAnswer(answer: FreshAnswer, expected: Expectation): string | null {
  const servedBy = answer.headers['x-served-by']
  if (servedBy === undefined) return `nginx itself answers ${answer.httpStatus}`
  if (servedBy !== expected.slot) return `the ${servedBy} slot answers, not ${expected.slot}`
  const payload = statusPayloadSchema.safeParse(parseJson(answer.body))
  if (!payload.success)
    return `the ${expected.slot} slot answers ${answer.httpStatus} without a status payload`
  if (payload.data.slot !== expected.slot) {
    return `the ${expected.slot} slot says that it is ${payload.data.slot}`
  }
  if (payload.data.release !== expected.release) {
    return `release ${payload.data.release} answers in the ${expected.slot} slot, not ${expected.release}`
  }
  const { status } = payload.data
  if (expected.health === 'operational' && (status !== 'operational' || answer.httpStatus !== 200)) {
    return `the ${expected.slot} slot answers ${answer.httpStatus} and says that it is ${status}`
  }
  return null
}

async function lookOnce(
  { publicUrl, internalUrl }: Addresses,
  expected: Expectation,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const state = await servedState(internalUrl, signal)
    if (state?.generation !== expected.generation) {
      return `nginx serves generation ${state?.generation ?? 'none'}, not ${expected.generation}`
    }
    const answer = await freshRequest(new URL('/api/system/status', publicUrl), ANSWER_WITHIN_MS, signal)
    return wrongAnswer(answer, expected)
  } catch (error) {
    if (error instanceof ReleaseError) return error.facts.reason ?? error.code
    return error instanceof Error ? error.message : String(error)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
