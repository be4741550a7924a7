import {
  type AnsweredBy,
  STATUS_CLASSES,
  type StatusClass,
  type TrafficCounts,
  WHYS,
} from '../release/traffic-counts.ts'
import { addLatencies, addLatency, type Latencies, noLatencies, percentile } from './latencies.ts'
import type { LoggedRequest } from './traffic-line.ts'

export const KEPT_SECONDS = 300
/** Clocks of one machine; a line from beyond is no measure of now. */
const MAX_AHEAD_SECONDS = 5
/** nginx writes after a second at most, and half a second later it is read. */
const KNOWN_AFTER_MS = 2_000

type Counted = Omit<TrafficCounts, 'seconds' | 'latencyMs'>

/** What ended within one second. */
type Part = { second: number; counted: Counted; latencies: Latencies | null }

export type TrafficTally = {
  /** Counts a visitor's request; what the console asked is left out. */
  add(request: LoggedRequest, nowMs: number): void
  /** The last `seconds` whose lines have all been written, without the second of `fromMs` and those before it. */
  last(by: AnsweredBy, seconds: number, nowMs: number, fromMs?: number): TrafficCounts
  /** All from the second of `fromMs` on. */
  since(by: AnsweredBy, fromMs: number, nowMs: number): TrafficCounts
}

/** Counts visitors' requests by who answered them and by the second in which they ended, for the last five minutes. */
export function trafficTally(): TrafficTally {
  const rings: Readonly<Record<AnsweredBy, (Part | undefined)[]>> = { primary: [], secondary: [], none: [] }

  function add(request: LoggedRequest, nowMs: number): void {
    const second = secondOf(request.atMs)
    const now = secondOf(nowMs)
    if (!request.isVisit || second <= now - KEPT_SECONDS || second > now + MAX_AHEAD_SECONDS) return
    const ring = rings[request.by]
    const place = second % (KEPT_SECONDS + MAX_AHEAD_SECONDS)
    const found = ring[place]
    const part = found?.second === second ? found : { second, counted: nothing(), latencies: null }
    ring[place] = part
    addTo(part, request)
  }

  /** Of the seconds from `from` to before `to`. */
  function between(by: AnsweredBy, from: number, to: number): Omit<TrafficCounts, 'seconds'> {
    const counted = nothing()
    const latencies = noLatencies()
    for (const part of rings[by]) {
      if (part === undefined || part.second < from || part.second >= to) continue
      addUp(counted, part.counted)
      if (part.latencies !== null) addLatencies(latencies, part.latencies)
    }
    return { ...counted, latencyMs: percentiles(latencies) }
  }

  return {
    add,
    last: (by, seconds, nowMs, fromMs = 0) => {
      const end = secondOf(nowMs - KNOWN_AFTER_MS)
      const from = Math.max(end - seconds, Math.min(end, secondOf(fromMs) + 1))
      return { seconds: end - from, ...between(by, from, end) }
    },
    since: (by, fromMs, nowMs) => {
      const from = Math.max(secondOf(fromMs), secondOf(nowMs) - KEPT_SECONDS + 1)
      const to = secondOf(nowMs) + MAX_AHEAD_SECONDS + 1
      return { seconds: Math.max(0, nowMs / 1_000 - from), ...between(by, from, to) }
    },
  }
}

const secondOf = (ms: number): number => Math.floor(ms / 1_000)

function nothing(): Counted {
  return {
    requests: 0,
    statuses: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 },
    bytes: 0,
    why: { live: 0, share: 0, pin: 0, preview: 0 },
    streams: 0,
    fromOldTabs: 0,
    fromGoneBuilds: 0,
  }
}

function addTo(part: Part, { status, tookMs, bytes, why, isStream, tab }: LoggedRequest): void {
  const { counted } = part
  counted.requests += 1
  counted.statuses[classOf(status)] += 1
  counted.bytes += bytes
  if (why !== null) counted.why[why] += 1
  if (tab === 'old') counted.fromOldTabs += 1
  if (tab === 'gone') counted.fromGoneBuilds += 1
  if (isStream) counted.streams += 1
  else {
    part.latencies ??= noLatencies()
    addLatency(part.latencies, tookMs)
  }
}

function classOf(status: number): StatusClass {
  if (status < 200) return '1xx'
  if (status < 300) return '2xx'
  if (status < 400) return '3xx'
  return status < 500 ? '4xx' : '5xx'
}

function addUp(sum: Counted, more: Counted): void {
  sum.requests += more.requests
  sum.bytes += more.bytes
  sum.streams += more.streams
  sum.fromOldTabs += more.fromOldTabs
  sum.fromGoneBuilds += more.fromGoneBuilds
  for (const name of STATUS_CLASSES) sum.statuses[name] += more.statuses[name]
  for (const why of WHYS) sum.why[why] += more.why[why]
}

function percentiles(latencies: Latencies): TrafficCounts['latencyMs'] {
  const [p50, p95, p99] = [50, 95, 99].map((percent) => percentile(latencies, percent))
  return p50 == null || p95 == null || p99 == null ? null : { p50, p95, p99 }
}
