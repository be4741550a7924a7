import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** `status` is null where there was no answer in time, or none that was whole. */
export type Visits = { tookMs: number; status: number | null }[]

export type VisitsOptions = { url: URL; visits: number; uploads: number; signal: AbortSignal }

const VISITS_PER_SECOND = 50
const HUNG_AFTER_MS = 10_000
const UPLOAD = Buffer.alloc(1_000_000, 'x')

/** Sends visits at a steady rate whatever comes back, with uploads spread evenly among them. Answers with the visits alone. */
export async function sendVisits({ url, visits, uploads, signal }: VisitsOptions): Promise<Visits> {
  const [kept, fresh] = [new Agent({ keepAlive: true }), new Agent()]
  const startedMs = performance.now()
  const [sent, sentUploads]: [Promise<Visits[number]>[], Promise<unknown>[]] = [[], []]
  for (let index = 0; index < visits; index++) {
    const dueMs = startedMs + (index * 1_000) / VISITS_PER_SECOND
    await delay(Math.max(0, dueMs - performance.now()), undefined, { signal })
    if (uploads > 0 && index % Math.round(visits / uploads) === 0)
      sentUploads.push(send(new URL('/api/echo', url), fresh, UPLOAD))
    sent.push(send(url, index % 2 === 0 ? kept : fresh))
  }
  await Promise.all(sentUploads)
  const seen = await Promise.all(sent)
  kept.destroy()
  return seen
}

function send(url: URL, agent: Agent, body?: Buffer): Promise<Visits[number]> {
  const startedMs = performance.now()
  return new Promise((resolve) => {
    const end = (status: number | null): void =>
      resolve({ tookMs: Math.min(performance.now() - startedMs, HUNG_AFTER_MS), status })
    const method = body ? 'POST' : 'GET'
    request(url, { method, agent, signal: AbortSignal.timeout(HUNG_AFTER_MS) }, (answer) => {
      const status = answer.statusCode ?? null
      answer
        .once('end', () => end(status))
        .once('error', () => end(null))
        .resume()
    })
      .once('error', () => end(null))
      .end(body)
  })
}
