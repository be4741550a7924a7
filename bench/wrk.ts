/** What one run of wrk says. */
export type WrkRun = { requestsPerSecond: number; p99Ms: number; failed: number }

const UNITS_MS = { us: 0.001, ms: 1, s: 1_000, m: 60_000 } as const

/** Reads the output of `wrk --latency`. Throws with it where a number is missing. */
export function parseWrk(output: string): WrkRun {
  const requestsPerSecond = /^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1]
  const p99 = /^\s+99%\s+([\d.]+)(us|ms|s|m)\s*$/m.exec(output)
  const unit = p99?.[2]
  if (requestsPerSecond === undefined || p99 === null || !isUnit(unit)) {
    throw new Error(`wrk said nothing that could be read: ${output.trim()}`)
  }
  const notOk = Number(/^\s*Non-2xx or 3xx responses: (\d+)/m.exec(output)?.[1] ?? 0)
  const sockets = /^\s*Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/m.exec(output)
  const socketErrors = (sockets?.slice(1) ?? []).reduce((sum, count) => sum + Number(count), 0)
  return {
    requestsPerSecond: Number(requestsPerSecond),
    p99Ms: Number(p99[1]) * UNITS_MS[unit],
    failed: notOk + socketErrors,
  }
}

const isUnit = (unit: string | undefined): unit is keyof typeof UNITS_MS =>
  unit !== undefined && unit in UNITS_MS
