/** One request that got no right answer. */
export type Failure = {
  /** ISO 8601, UTC: when it was sent. */
  at: string
  /** Since the load began. */
  atMs: number
  kind: string
  path: string
  error: string
  httpStatus: number | null
  servedBy: string | null
  /** Whether it went out on a connection that had been used before. */
  isReused: boolean
  tookMs: number
}

export type Outcome = {
  kind: string
  path: string
  sentAtMs: number
  tookMs: number
  error: string | null
  httpStatus: number | null
  servedBy: string | null
  isReused: boolean
}

type KindCounts = { sent: number; failed: number }
type ServedCounts = { answers: number; firstAtMs: number; lastAtMs: number }

export type LoadReport = {
  startedAt: string
  tookMs: number
  sent: number
  failed: number
  byKind: Record<string, KindCounts>
  /** By the answer's `X-Served-By`; times are those at which the request was sent. */
  byServed: Record<string, ServedCounts>
  /** Of right answers. */
  latencyMs: { median: number; p99: number; max: number }
  failures: Failure[]
  /** Failures beyond those that are listed. */
  failuresNotListed: number
}

/** Counts outcomes as they come. */
export class Tally {
  readonly #maxListed: number
  readonly #startedMs = Date.now()
  readonly #byKind: Record<string, KindCounts> = {}
  readonly #byServed: Record<string, ServedCounts> = {}
  readonly #latenciesMs: number[] = []
  readonly #failures: Failure[] = []
  #sent = 0
  #failed = 0

  constructor(maxListed: number) {
    this.#maxListed = maxListed
  }

  /** Requests that have been answered or have failed until now. */
  get sent(): number {
    return this.#sent
  }

  add(outcome: Outcome): void {
    this.#sent++
    this.#byKind[outcome.kind] ??= { sent: 0, failed: 0 }
    const kind = this.#byKind[outcome.kind]
    if (kind) kind.sent++
    if (outcome.servedBy !== null) this.#addServed(outcome.servedBy, outcome.sentAtMs)
    if (outcome.error === null) this.#latenciesMs.push(outcome.tookMs)
    else {
      this.#failed++
      if (kind) kind.failed++
      this.#addFailure(outcome, outcome.error)
    }
  }

  #addServed(servedBy: string, sentAtMs: number): void {
    const before = this.#byServed[servedBy]
    this.#byServed[servedBy] = {
      answers: (before?.answers ?? 0) + 1,
      firstAtMs: Math.min(before?.firstAtMs ?? sentAtMs, sentAtMs),
      lastAtMs: Math.max(before?.lastAtMs ?? sentAtMs, sentAtMs),
    }
  }

  #addFailure(
    { kind, path, sentAtMs, tookMs, httpStatus, servedBy, isReused }: Outcome,
    error: string,
  ): void {
    if (this.#failures.length >= this.#maxListed) return
    const at = new Date(this.#startedMs + sentAtMs).toISOString()
    this.#failures.push({ at, atMs: sentAtMs, kind, path, error, httpStatus, servedBy, isReused, tookMs })
  }

  report(): LoadReport {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b)
    const quantile = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return {
      startedAt: new Date(this.#startedMs).toISOString(),
      tookMs: Date.now() - this.#startedMs,
      sent: this.#sent,
      failed: this.#failed,
      byKind: this.#byKind,
      byServed: this.#byServed,
      latencyMs: { median: quantile(0.5), p99: quantile(0.99), max: sorted.at(-1) ?? 0 },
      failures: this.#failures,
      failuresNotListed: this.#failed - this.#failures.length,
    }
  }
}
