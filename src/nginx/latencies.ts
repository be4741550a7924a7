/** Each bucket is 2 % wider than the one before, from where whole milliseconds are finer than that. */
const STEP = 1.02
const EXACT_BELOW_MS = 50
const HIGHEST_MS = 600_000
const BUCKETS = bucketOf(HIGHEST_MS) + 1

/**
 * Counts of durations, to be added up over any stretch of time. Node's own histogram can be added up too, but takes 25 KB
 * each whatever its range, which is 15 MB for the seconds that are kept; this takes 2 KB.
 */
export type Latencies = Uint32Array

export const noLatencies = (): Latencies => new Uint32Array(BUCKETS)

export function addLatency(latencies: Latencies, ms: number): void {
  const bucket = bucketOf(Math.min(ms, HIGHEST_MS))
  latencies[bucket] = (latencies[bucket] ?? 0) + 1
}

export function addLatencies(sum: Latencies, more: Latencies): void {
  for (let bucket = 0; bucket < BUCKETS; bucket++) sum[bucket] = (sum[bucket] ?? 0) + (more[bucket] ?? 0)
}

/** The duration that `percent` of all stayed within, at most 2 % too high; null where there is none. */
export function percentile(latencies: Latencies, percent: number): number | null {
  const all = latencies.reduce((sum, count) => sum + count, 0)
  let left = Math.ceil((all * percent) / 100)
  const bucket = latencies.findIndex((count) => {
    left -= count
    return count > 0 && left <= 0
  })
  return bucket === -1 ? null : highestOf(bucket)
}

function bucketOf(ms: number): number {
  if (ms < EXACT_BELOW_MS) return ms
  return EXACT_BELOW_MS + Math.floor(Math.log(ms / EXACT_BELOW_MS) / Math.log(STEP))
}

function highestOf(bucket: number): number {
  if (bucket < EXACT_BELOW_MS) return bucket
  return Math.floor(EXACT_BELOW_MS * STEP ** (bucket - EXACT_BELOW_MS + 1))
}
