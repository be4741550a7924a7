import type { Target } from './group.ts'
import { loadInWords } from './machine.ts'
import { largest, median } from './statistics.ts'
import type { WrkRun } from './wrk.ts'

/** One way and its runs, one a round; `error` says why it has none. */
type Way = { name: string; runs: readonly WrkRun[]; error: string | null }

/** Requests a second of one way against those of another in the same rounds. */
export function ratiosOf(own: readonly WrkRun[], other: readonly WrkRun[]): number[] {
  return own.map((run, round) => run.requestsPerSecond / (other[round]?.requestsPerSecond ?? Number.NaN))
}

/** `own` is to do `limit` times the requests of `other`, and each of them right: a failure is quicker than an answer. */
export function ratioTarget(name: string, limit: number, own: Way, other: Way, measured = ''): Target {
  const errors = [own, other].flatMap((way) => way.error ?? [])
  if (errors.length > 0) {
    const why = errors.map((error) => `It failed to run: ${error}`).join(' ')
    return { name, limit: `≥ ${limit} ×`, seen: 'nothing', isMet: false, why }
  }
  const ratios = ratiosOf(own.runs, other.runs)
  const ratio = median(ratios)
  const failures = [own, other].flatMap(failureWords)
  const isMet = ratio >= limit && failures.length === 0
  const range = `Over the rounds it was ${Math.min(...ratios).toFixed(2)} to ${largest(ratios).toFixed(2)} ×.`
  const seen = `At the median ${rateWords(own)} against ${rateWords(other)}.`
  const why = [...failures, range, seen, measured, loadInWords()].filter((words) => words !== '').join(' ')
  return {
    name,
    limit: `≥ ${limit} ×`,
    seen: `${ratio.toFixed(2)} ×${failures.length > 0 ? ', with requests that failed' : ''}`,
    isMet,
    why: isMet ? null : why,
  }
}

function failureWords({ name, runs }: Way): string[] {
  const failed = runs.reduce((sum, run) => sum + run.failed, 0)
  return failed === 0 ? [] : [`Requests that failed ${name}: ${failed}.`]
}

function rateWords({ name, runs }: Way): string {
  const rate = Math.round(median(runs.map(({ requestsPerSecond }) => requestsPerSecond)))
  return `${rate} requests/s ${name} (p99 ${median(runs.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms)`
}
