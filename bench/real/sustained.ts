import { startLoad } from '../../test/load/load.ts'
import type { LoadReport } from '../../test/load/tally.ts'
import type { BenchContext } from '../group.ts'

/** A rate that was tried; sustained where every answer came, 99 of 100 of them within the limit. */
type Step = { ratePerSecond: number; isSustained: boolean; report: LoadReport }

const P99_LIMIT_MS = 500
const WARM_UP = { ratePerSecond: 20, durationMs: 3_000 } as const
const FIRST_RATE = 40
const GROWTH = 1.25
const MOST_STEPS = 16
/** A bad moment of the machine is no limit of the slot. */
const TRIES = 2

/**
 * Raises the rate of page views step by step until a slot can't follow any more. `isLimit` says that it came to that; else
 * the slot sustains at least so much.
 */
export async function findSustainedRate(
  url: string,
  { isFull, log, signal }: BenchContext,
): Promise<{ ratePerSecond: number; isLimit: boolean }> {
  let best = 0
  let isLimit = false
  await tryRate(url, WARM_UP.ratePerSecond, WARM_UP.durationMs)
  for (let turn = 0, rate = FIRST_RATE; turn < MOST_STEPS; turn++, rate = Math.ceil(rate * GROWTH)) {
    signal.throwIfAborted()
    const step = await tryAgain(url, rate, isFull ? 15_000 : 5_000)
    log(
      `${rate} page views a second: p99 ${step.report.latencyMs.p99} ms, ${step.report.failed} of ${step.report.sent} failed`,
    )
    isLimit = !step.isSustained
    if (isLimit) break
    best = rate
  }
  if (best === 0) throw new Error(`One slot did not sustain ${FIRST_RATE} page views a second.`)
  return { ratePerSecond: best, isLimit }
}

async function tryAgain(url: string, ratePerSecond: number, durationMs: number): Promise<Step> {
  let step = await tryRate(url, ratePerSecond, durationMs)
  for (let turn = 1; turn < TRIES && !step.isSustained; turn++) {
    step = await tryRate(url, ratePerSecond, durationMs)
  }
  return step
}

async function tryRate(url: string, ratePerSecond: number, durationMs: number): Promise<Step> {
  const load = await startLoad({ url, ratePerSecond, durationMs, postPath: null, farShare: 0 })
  const report = await load.ended
  const isSustained = report.failed === 0 && report.latencyMs.p99 <= P99_LIMIT_MS
  return { ratePerSecond, isSustained, report }
}
