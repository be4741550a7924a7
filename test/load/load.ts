import http from 'node:http'
import { type LoadOptions, type LoadPlan, loadOptionsSchema } from './options.ts'
import { atRate } from './pace.ts'
import { type Relay, startRelay } from './relay.ts'
import { type Shot, send } from './send.ts'
import { type LoadReport, Tally } from './tally.ts'

/** A load under way. It ends by itself after its duration; `stop` ends it earlier. Both wait for what is in flight. */
export type Load = {
  stop(): Promise<LoadReport>
  ended: Promise<LoadReport>
  /** Requests that have been answered or have failed until now. */
  sentSoFar(): number
  /** Requests that went out until now, whatever became of them. */
  begunSoFar(): number
}

const MAX_KEPT_CONNECTIONS = 64

/**
 * Sends requests at a steady rate, whether or not earlier ones have been answered: a server that stalls meets all that
 * real visitors would have sent meanwhile. Nothing is sent twice, so a lost request is seen as lost.
 */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const plan = loadOptionsSchema.parse(options)
  const { hostname: host, port } = new URL(plan.url)
  const target = { host, port: Number(port || 80) }
  const relay = await startRelay({ ...target, delayMs: plan.farRoundTripMs / 2 })
  const lines = linesTo(target, relay)
  const halt = new AbortController()
  const tally = new Tally(plan.maxListedFailures)
  const begun = { requests: 0 }
  const ended = fire(plan, lines, tally, begun, halt.signal).finally(async () => {
    for (const agent of lines.agents) agent.destroy()
    await relay.close()
  })
  const stop = () => {
    halt.abort()
    return ended
  }
  return { stop, ended, sentSoFar: () => tally.sent, begunSoFar: () => begun.requests }
}

/** Sends until the duration is over or `halt` aborts, then waits for what is in flight. */
async function fire(
  plan: LoadPlan,
  lines: Lines,
  tally: Tally,
  begun: { requests: number },
  halt: AbortSignal,
): Promise<LoadReport> {
  const choose = chooser(plan, lines)
  const inFlight = new Set<Promise<void>>()
  const startedMs = performance.now()
  const total = Math.floor((plan.ratePerSecond * plan.durationMs) / 1_000)
  await atRate(plan.ratePerSecond, total, halt, () => {
    const isOverrun = inFlight.size >= plan.maxInFlight
    if (!isOverrun) begun.requests++
    const done = track(choose(), tally, startedMs, isOverrun).finally(() => inFlight.delete(done))
    inFlight.add(done)
  })
  await Promise.all(inFlight)
  return tally.report()
}

/** A load generator that holds requests back would hide what it is there to find, so that counts as a failure. */
async function track(shot: Shot, tally: Tally, startedMs: number, isOverrun: boolean): Promise<void> {
  const sentMs = performance.now()
  const answer = isOverrun
    ? {
        error: 'not sent: too many requests are in flight',
        httpStatus: null,
        servedBy: null,
        isReused: false,
      }
    : await send(shot)
  const { kind, path } = shot
  tally.add({
    kind,
    path,
    sentAtMs: round(sentMs - startedMs),
    tookMs: round(performance.now() - sentMs),
    ...answer,
  })
}

const round = (ms: number): number => Math.round(ms * 10) / 10

type Line = { name: string; host: string; port: number; agent: http.Agent | null }
type Lines = {
  near: Line
  nearFresh: Line
  far: Line
  farFresh: Line
  hostHeader: string
  agents: http.Agent[]
}

function linesTo(target: { host: string; port: number }, relay: Relay): Lines {
  // First in, first out: every connection lies idle between its turns, as real ones do.
  const agents = [1, 2].map(
    () => new http.Agent({ keepAlive: true, maxFreeSockets: MAX_KEPT_CONNECTIONS, scheduling: 'fifo' }),
  )
  const [nearAgent = null, farAgent = null] = agents
  const far = { host: '127.0.0.1', port: relay.port }
  return {
    near: { name: 'kept-alive', ...target, agent: nearAgent },
    nearFresh: { name: 'fresh', ...target, agent: null },
    far: { name: 'kept-alive far', ...far, agent: farAgent },
    farFresh: { name: 'fresh far', ...far, agent: null },
    hostHeader: `${target.host}:${target.port}`,
    agents,
  }
}

/** Picks by the plan's shares, from one fixed sequence: two runs send the same mix. */
function chooser(plan: LoadPlan, lines: Lines): () => Shot {
  const random = sequence(20_260_101)
  return () => {
    const isPost = plan.postPath !== null && random() < plan.postShare
    const isFresh = random() < plan.freshShare
    const isFar = random() < plan.farShare
    const line = isFar ? (isFresh ? lines.farFresh : lines.far) : isFresh ? lines.nearFresh : lines.near
    const getPath = plan.getPaths[Math.floor(random() * plan.getPaths.length)] ?? '/'
    return {
      kind: `${isPost ? 'POST' : 'GET'} ${line.name}`,
      method: isPost ? 'POST' : 'GET',
      path: isPost ? (plan.postPath ?? '/') : getPath,
      host: line.host,
      port: line.port,
      agent: line.agent,
      hostHeader: lines.hostHeader,
      timeoutMs: plan.timeoutMs,
    }
  }
}

/** Numbers from 0 to below 1, always the same ones: a linear congruential generator. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
