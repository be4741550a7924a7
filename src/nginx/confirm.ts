import { setTimeout as pause } from 'node:timers/promises'
import { ReleaseError } from '../release/errors.ts'
import { awakeDeadline } from '../release/move/awake.ts'
import type { Confirmation, Expectation } from '../release/ports.ts'
import { statusPayloadSchema } from '../release/status-payload.ts'
import { type FreshAnswer, freshRequest } from './fresh-request.ts'
import { servedState } from './served.ts'

/** One good answer proves nothing; five in a row, each on a fresh connection, did in every trial. */
export const IN_A_ROW = 5

/** For nginx to say the generation. It took 0.6 ms where it had the processor; it is the one whose word counts, so it is waited for. */
const NGINX_WITHIN_MS = 15_000
/** For one that is being started again to be there, and to serve the generation. */
const NGINX_BACK_WITHIN_MS = 5_000
const STATE_WITHIN_MS = 5_000
/** From then on, for five answers. Visitors are at the slot already, and whoever is to lead them back waits for this. */
const SLOT_WITHIN_MS = 5_000
const PAUSE_MS = 20

export type Addresses = { publicUrl: URL; internalUrl: URL }

/** Times in milliseconds that this process is awake. */
export type Patience = { nginxMs: number; slotMs: number }

/**
 * Asks nginx which generation it serves, and through it the slot, until the expected slot's release has answered well five times
 * in a row or the time is over. What counts is what nginx says: a slot that is silent, slow or ill is told. Throws `switch-unconfirmed`
 * (facts: `reason`, with what was seen last) where nginx is not there, or says another generation to the end, and where another
 * slot or release answers to the end; and the signal's reason when that aborts.
 */
export async function confirmSwitch(
  addresses: Addresses,
  expected: Expectation,
  signal: AbortSignal,
  { nginxMs, slotMs }: Patience = { nginxMs: NGINX_WITHIN_MS, slotMs: SLOT_WITHIN_MS },
): Promise<Confirmation> {
  const startedMs = performance.now()
  const tookMs = (): number => performance.now() - startedMs
  const late = await untilNginxSays(addresses, expected, nginxMs, signal)
  if (late !== null) return { tookMs: tookMs(), sight: 'nginx-late', missing: late }
  const seen = await untilSlotAnswers(addresses, expected, slotMs, signal)
  return { tookMs: tookMs(), ...seen }
}

/** Null once nginx says that it serves the generation; in words where it runs and is late to say anything. */
async function untilNginxSays(
  { internalUrl }: Addresses,
  expected: Expectation,
  withinMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  using late = awakeDeadline(withinMs)
  using wrong = awakeDeadline(Math.min(withinMs, NGINX_BACK_WITHIN_MS))
  for (;;) {
    const seen = await lookAtNginx(internalUrl, expected, Math.min(withinMs, STATE_WITHIN_MS), signal)
    if (seen === null) return null
    if (seen.isLate && late.signal.aborted)
      return `nginx has not said within ${withinMs / 1_000} s which generation it serves`
    if (!seen.isLate && wrong.signal.aborted)
      throw new ReleaseError('switch-unconfirmed', { reason: seen.reason })
    await pause(PAUSE_MS)
  }
}

async function lookAtNginx(
  internalUrl: URL,
  { generation }: Expectation,
  withinMs: number,
  signal: AbortSignal,
): Promise<{ reason: string; isLate: boolean } | null> {
  try {
    const state = await servedState(internalUrl, signal, withinMs)
    if (state?.generation === generation) return null
    return {
      reason: `nginx serves generation ${state?.generation ?? 'none'}, not ${generation}`,
      isLate: false,
    }
  } catch (cause) {
    signal.throwIfAborted()
    if (!(cause instanceof ReleaseError)) throw cause
    return { reason: cause.facts.reason ?? cause.code, isLate: cause.facts.contact === 'taken' }
  }
}

type Answer = { kind: 'good' | 'ill' | 'wrong' | 'unreached' | 'silent'; reason: string | null }

async function untilSlotAnswers(
  { publicUrl }: Addresses,
  expected: Expectation,
  withinMs: number,
  signal: AbortSignal,
): Promise<Pick<Confirmation, 'sight' | 'missing'>> {
  using deadline = awakeDeadline(withinMs)
  const url = new URL('/api/system/status', publicUrl)
  let good = 0
  let inARow = 0
  /** Silence takes nothing back that was answered before. */
  let last: Answer | null = null
  while (inARow < IN_A_ROW && !deadline.signal.aborted) {
    const answer = await answerOf(url, expected, withinMs, AbortSignal.any([signal, deadline.signal]))
    signal.throwIfAborted()
    inARow = answer.kind === 'good' ? inARow + 1 : 0
    good += answer.kind === 'good' ? 1 : 0
    if (answer.kind !== 'silent') last = answer
    if (answer.kind !== 'good') await pause(PAUSE_MS)
  }
  if (inARow >= IN_A_ROW) return { sight: 'answers', missing: null }
  const within = `within ${withinMs / 1_000} s`
  if (last === null)
    return { sight: 'silent', missing: `${expected.slot} has not answered through it ${within}` }
  if (last.kind === 'wrong')
    throw new ReleaseError('switch-unconfirmed', { reason: last.reason ?? 'something else answers' })
  if (last.kind === 'ill' || last.kind === 'unreached') return { sight: last.kind, missing: last.reason }
  const answers = good === 1 ? 'one good answer' : `${good} good answers`
  return {
    sight: 'slow',
    missing: `${expected.slot} is slow: ${answers} ${within}, and not ${IN_A_ROW} in a row`,
  }
}

async function answerOf(
  url: URL,
  expected: Expectation,
  withinMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return judged(await freshRequest(url, withinMs, signal), expected)
  } catch (cause) {
    // Who took the connection and cut it is a worker that was ended, and none that says anything else.
    if (cause instanceof Error) return { kind: 'silent', reason: cause.message }
    throw cause
  }
}

/** What a status answer that came through nginx says of the move. nginx answers by itself where it can't reach the slot. */
export function judged(answer: FreshAnswer, expected: Expectation): Answer {
  const { slot, release } = expected
  const servedBy = answer.headers['x-served-by']
  const is = (kind: Answer['kind'], reason: string): Answer => ({ kind, reason })
  if (servedBy === undefined)
    return is('unreached', `nginx itself answers ${answer.httpStatus} in place of ${slot}`)
  if (servedBy !== slot) return is('wrong', `the ${servedBy} slot answers, not ${slot}`)
  const payload = statusPayloadSchema.safeParse(parseJson(answer.body))
  if (!payload.success)
    return is('ill', `the ${slot} slot answers ${answer.httpStatus} without a status payload`)
  if (payload.data.slot !== slot) return is('wrong', `the ${slot} slot says that it is ${payload.data.slot}`)
  if (payload.data.release !== release) {
    return is('wrong', `release ${payload.data.release} answers in the ${slot} slot, not ${release}`)
  }
  const { status } = payload.data
  if (expected.health === 'operational' && (status !== 'operational' || answer.httpStatus !== 200)) {
    return is('ill', `the ${slot} slot answers ${answer.httpStatus} and says that it is ${status}`)
  }
  return { kind: 'good', reason: null }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
