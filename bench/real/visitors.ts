import http from 'node:http'
import { atRate } from '../../test/load/pace.ts'
import { send } from '../../test/load/send.ts'

/** One page view. `atMs` is when it was asked for, on the clock of `Date.now`. */
export type View = { atMs: number; tookMs: number; error: string | null }

const TIMEOUT_MS = 15_000
const MAX_VIEWS = 1_000_000

/** Has visitors ask for the page at a steady rate, come what may, while `run` runs; they stop where it throws, too. */
export async function whileVisited<T>(
  url: string,
  ratePerSecond: number,
  run: () => Promise<T>,
): Promise<{ result: T; views: readonly View[] }> {
  const visitors = startVisitors(url, ratePerSecond)
  try {
    return { result: await run(), views: visitors.views }
  } finally {
    await visitors.stop()
  }
}

function startVisitors(url: string, ratePerSecond: number) {
  const { hostname: host, port, host: hostHeader } = new URL(url)
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 64, scheduling: 'fifo' })
  const common = { kind: 'GET', method: 'GET', path: '/', host, port: Number(port), hostHeader } as const
  const halt = new AbortController()
  const inFlight = new Set<Promise<void>>()
  const views: View[] = []
  let number = 0
  const look = () => {
    // Every third visitor is a new one.
    const line = number++ % 3 === 0 ? null : agent
    const atMs = Date.now()
    const startedMs = performance.now()
    const done = send({ ...common, agent: line, timeoutMs: TIMEOUT_MS }).then(({ error }) => {
      views.push({ atMs, tookMs: performance.now() - startedMs, error })
      inFlight.delete(done)
    })
    inFlight.add(done)
  }
  const ended = atRate(ratePerSecond, MAX_VIEWS, halt.signal, look)
  return {
    views,
    stop: async () => {
      halt.abort()
      await ended
      await Promise.all(inFlight)
      agent.destroy()
    },
  }
}

/** What 99 of 100 views took at most; those that failed took for ever. */
export function p99Of(views: readonly View[]): number {
  const sorted = views
    .map(({ tookMs, error }) => (error === null ? tookMs : Number.POSITIVE_INFINITY))
    .toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? Number.NaN
}
