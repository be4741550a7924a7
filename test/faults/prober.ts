import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

/** One request that got no good answer. Times are of `performance.now()`. */
export type FailedProbe = { sentMs: number; endedMs: number; kind: string; error: string }

export type Served = { slot: string; release: number; sentMs: number }

/** Asks nginx as visitors do, every few milliseconds, for as long as the rig lives. */
export type Prober = {
  /** Probes sent, and the failed ones that were sent since `sinceMs`. */
  since(sinceMs: number): { sent: number; failed: FailedProbe[] }
  /** When nginx first answered anything at all, be it an error, since `sinceMs`; null where it has not. */
  reachedSince(sinceMs: number): number | null
  /** What the status route answered with, on fresh connections, since `sinceMs`. */
  servedSince(sinceMs: number): Served[]
  /** Gives up connections to a machine whose power was cut: no one there will ever end them. */
  reconnect(): void
  stop(): Promise<void>
}

const EVERY_MS = 10
const ANSWER_WITHIN_MS = 4_000
const KEPT = 20_000
const payloadSchema = z.object({ slot: z.string(), release: z.number() })

/** Kept and fresh connections, GET and POST in turn: nginx may repeat a GET to the other slot, and never a POST. */
const KINDS = [
  { name: 'GET / on a kept connection', method: 'GET', path: '/', isKept: true },
  { name: 'POST on a kept connection', method: 'POST', path: '/echo', isKept: true },
  { name: 'status on a fresh connection', method: 'GET', path: '/api/system/status', isKept: false },
  { name: 'POST on a fresh connection', method: 'POST', path: '/echo', isKept: false },
] as const

type Kind = (typeof KINDS)[number]

export function startProber(url: string): Prober {
  const sent: number[] = []
  const failed: FailedProbe[] = []
  const reached: number[] = []
  const served: Served[] = []
  const inFlight = new Set<Promise<void>>()
  let agent = newAgent()
  let isStopped = false

  async function probe(kind: Kind): Promise<void> {
    const sentMs = performance.now()
    keep(sent, sentMs)
    try {
      const body = await ask(url, kind, kind.isKept ? agent : false, () => keep(reached, performance.now()))
      if (kind.path === '/api/system/status') {
        keep(served, { ...payloadSchema.parse(JSON.parse(body)), sentMs })
      }
    } catch (cause) {
      const error = cause instanceof Error ? cause.message : String(cause)
      keep(failed, { sentMs, endedMs: performance.now(), kind: kind.name, error })
    }
  }

  async function run(): Promise<void> {
    let nextMs = performance.now()
    for (let turn = 0; !isStopped; turn++) {
      const kind = KINDS[turn % KINDS.length]
      if (kind) {
        const done: Promise<void> = probe(kind).finally(() => inFlight.delete(done))
        inFlight.add(done)
      }
      nextMs = Math.max(nextMs + EVERY_MS, performance.now() - 100)
      await delay(Math.max(0, nextMs - performance.now()))
    }
  }

  const running = run()
  return {
    since: (sinceMs) => ({
      sent: sent.filter((ms) => ms >= sinceMs).length,
      failed: failed.filter(({ sentMs }) => sentMs >= sinceMs),
    }),
    reachedSince: (sinceMs) => reached.find((ms) => ms >= sinceMs) ?? null,
    servedSince: (sinceMs) => served.filter(({ sentMs }) => sentMs >= sinceMs),
    reconnect: () => {
      agent.destroy()
      agent = newAgent()
    },
    stop: async () => {
      isStopped = true
      await running
      agent.destroy()
      await Promise.all(inFlight)
    },
  }
}

const newAgent = () => new http.Agent({ keepAlive: true, maxFreeSockets: 8, scheduling: 'fifo' })

function keep<T>(list: T[], value: T): void {
  list.push(value)
  if (list.length > 2 * KEPT) list.splice(0, KEPT)
}

/** Sent once and read whole; `onHead` is called when an answer begins. Throws in words. */
function ask(
  url: string,
  { method, path }: Kind,
  agent: http.Agent | false,
  onHead: () => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { method, agent, timeout: ANSWER_WITHIN_MS }
    const request = http.request(new URL(path, url), options, (response) => {
      onHead()
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
      })
      response.once('error', reject)
      response.once('end', () =>
        response.statusCode === 200 ? resolve(body) : reject(new Error(`HTTP ${response.statusCode}`)),
      )
    })
    request.once('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)))
    request.once('error', reject)
    request.end(method === 'POST' ? 'switchyard' : undefined)
  })
}
