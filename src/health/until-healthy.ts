import { setTimeout as delay } from 'node:timers/promises'
import { ReleaseError } from '../release/errors.ts'
import type { LogSink } from '../release/ports.ts'
import type { Slot } from '../release/slot.ts'
import { type Expected, type NotYet, notYetBecause } from './not-yet.ts'
import { checkConsole, warmUp } from './pages.ts'
import { readStatus, type SlotAddress } from './read-status.ts'
import type { HealthSettings } from './settings.ts'

type Where = SlotAddress & HealthSettings

/**
 * Waits until `slot` has said several times in a row that it is operational and runs exactly this release and build,
 * then warms its pages, then asks it for the console unless the build has none, then looks once more.
 * Throws `status-missing`, `status-shape`, `status-wrong-release`, `never-healthy`, `console-unhealthy`, or the signal's reason.
 */
export async function untilHealthy(
  slot: Slot,
  expected: Expected,
  where: Where,
  log: LogSink,
  signal: AbortSignal,
): Promise<{ tookMs: number; latencyMs: number }> {
  const startedMs = performance.now()
  const deadline = AbortSignal.timeout(where.deadlineMs)
  const within = AbortSignal.any([signal, deadline])
  const watch: Watch = { tries: 0, last: null, wrongSinceMs: null, isSteady: false }
  try {
    const latencies = await streak(slot, expected, where, watch, log, within)
    watch.isSteady = true
    await warmUp(slot, where, log, within)
    if (expected.build.hasConsole) await checkConsole(slot, where, log, within)
    await lookOnceMore(slot, expected, where, watch, within)
    return { tookMs: performance.now() - startedMs, latencyMs: median(latencies) }
  } catch (cause) {
    signal.throwIfAborted()
    if (deadline.aborted && !(cause instanceof ReleaseError)) throw tooLate(watch, where, cause)
    throw cause
  }
}

/** What has been seen so far. `wrongSinceMs`: since when the same wrong answer has come without a break. */
type Watch = { tries: number; last: NotYet | null; wrongSinceMs: number | null; isSteady: boolean }

async function streak(
  slot: Slot,
  expected: Expected,
  where: Where,
  watch: Watch,
  log: LogSink,
  signal: AbortSignal,
): Promise<number[]> {
  let latencies: number[] = []
  while (latencies.length < where.inARow) {
    if (watch.tries > 0) await delay(where.intervalMs, undefined, { signal })
    watch.tries++
    const sight = await readStatus(slot, where, signal)
    const notYet = notYetBecause(sight, expected)
    if (notYet) {
      if (latencies.length > 0 || watch.last?.reason !== notYet.reason) log(`not yet: ${notYet.reason}`)
      latencies = []
      note(notYet, where, watch)
    } else if (sight.kind === 'status') {
      latencies.push(sight.latencyMs)
      watch.wrongSinceMs = null
      log(`${slot} is operational, ${latencies.length} of ${where.inARow}, ${Math.round(sight.latencyMs)} ms`)
    }
  }
  return latencies
}

/** Remembers a bad answer, and gives up on a wrong one that has lasted. */
function note(notYet: NotYet, where: Where, watch: Watch): void {
  if (!notYet.isFinal) watch.wrongSinceMs = null
  else if (watch.wrongSinceMs === null || watch.last?.code !== notYet.code)
    watch.wrongSinceMs = performance.now()
  watch.last = notYet
  if (watch.wrongSinceMs !== null && performance.now() - watch.wrongSinceMs >= where.wrongForMs) {
    throw new ReleaseError(notYet.code, { reason: notYet.reason })
  }
}

/** A build may answer well until its first page has been rendered. */
async function lookOnceMore(
  slot: Slot,
  expected: Expected,
  where: Where,
  watch: Watch,
  signal: AbortSignal,
): Promise<void> {
  watch.tries++
  const notYet = notYetBecause(await readStatus(slot, where, signal), expected)
  if (notYet)
    throw new ReleaseError(notYet.code, { reason: `after its pages were asked for, ${notYet.reason}` })
}

/** A wrong answer that came last says more than that time ran out. */
function tooLate({ tries, last, wrongSinceMs, isSteady }: Watch, where: Where, cause: unknown): ReleaseError {
  if (isSteady) {
    const reason = `it is operational, but its pages did not all answer within ${where.deadlineMs / 1000} s`
    return new ReleaseError('never-healthy', { reason }, { cause })
  }
  if (last && wrongSinceMs !== null) return new ReleaseError(last.code, { reason: last.reason }, { cause })
  const words = `not ${where.inARow} good answers in a row within ${where.deadlineMs / 1000} s (${tries} tries)`
  const reason = last === null ? words : `${words}; the last time, ${last.reason}`
  return new ReleaseError('never-healthy', { reason }, { cause })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
