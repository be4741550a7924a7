import type { StatusPayload } from '../release/status-payload.ts'
import type { Check } from './checks.ts'

type Results = StatusPayload['checks']
type Result = Results[string]

const MAX_DETAIL_CHARS = 200

/** Runs all checks side by side, each within `deadlineMs`. Never throws: a check that throws or hangs is not ok. */
export async function runChecks(checks: readonly Check[], deadlineMs: number): Promise<Results> {
  const entries = checks.map(async (check) => [check.name, await runCheck(check, deadlineMs)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

async function runCheck(check: Check, deadlineMs: number): Promise<Result> {
  const startedMs = performance.now()
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
  try {
    const detail = await Promise.race([check.run(deadline.signal), rejectOn(deadline.signal)])
    return { ok: true, latencyMs: since(startedMs), detail: detail === null ? null : cap(detail) }
  } catch (cause) {
    const reason = deadline.signal.aborted ? deadline.signal.reason : cause
    return { ok: false, latencyMs: since(startedMs), detail: cap(messageOf(reason)) }
  } finally {
    clearTimeout(timer)
  }
}

/** A check may ignore its signal; its deadline holds all the same. */
function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

const since = (startedMs: number): number => Math.round((performance.now() - startedMs) * 10) / 10

const cap = (text: string): string => text.slice(0, MAX_DETAIL_CHARS)

const messageOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason))
