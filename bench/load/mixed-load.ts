import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { z } from 'zod'
import {
  type countsSchema,
  type Incident,
  type LoadMessage,
  type LoadOrder,
  type MixedPlan,
  messageSchema,
  type OpenStreams,
} from './plan.ts'

type Counts = z.infer<typeof countsSchema>

export type MixedLoad = {
  /** What went out until now, and the streams that are open at this moment. */
  count(): Promise<{ counts: Counts; open: OpenStreams }>
  /** No more of one load; what is on its way ends by itself. */
  endOne(name: string): void
  /** Waits for what is in flight. */
  stop(): Promise<{ counts: Counts; incidents: Incident[] }>
  /** At once, whatever is in flight. */
  kill(): Promise<void>
}

const READY_WITHIN_MS = 30_000
const ENDED_WITHIN_MS = 60_000
const COUNTED_WITHIN_MS = 5_000

/** Starts the load in a thread of its own, and waits until all its streams are open. Ends it where they do not open in time. */
export async function startMixedLoad(
  plan: MixedPlan,
  readyWithinMs: number = READY_WITHIN_MS,
): Promise<MixedLoad> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: plan })
  const failed = once(worker, 'error').then(([error]) => {
    throw error
  })
  // It may fail while nobody waits for it; whoever waits next is told.
  failed.catch(() => undefined)
  const hear = <T extends LoadMessage['type']>(type: T, withinMs: number) =>
    Promise.race([heard(worker, type, withinMs), failed])
  const order = (what: LoadOrder) => worker.postMessage(what)
  try {
    await hear('ready', readyWithinMs)
  } catch (cause) {
    await worker.terminate()
    throw cause
  }
  return {
    count: async () => {
      const answer = hear('counts', COUNTED_WITHIN_MS)
      order({ type: 'count' })
      const { counts, open } = await answer
      return { counts, open }
    },
    endOne: (name) => order({ type: 'end-one', name }),
    stop: async () => {
      const answer = hear('ended', ENDED_WITHIN_MS)
      order({ type: 'stop' })
      const { counts, incidents } = await answer
      return { counts, incidents }
    },
    kill: async () => {
      await worker.terminate()
    },
  }
}

function heard<T extends LoadMessage['type']>(
  worker: Worker,
  type: T,
  withinMs: number,
): Promise<Extract<LoadMessage, { type: T }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<LoadMessage, { type: T }>>()
  const isWanted = (message: LoadMessage): message is Extract<LoadMessage, { type: T }> =>
    message.type === type
  const listen = (raw: unknown) => {
    const message = messageSchema.parse(raw)
    if (!isWanted(message)) return
    clearTimeout(timer)
    worker.off('message', listen)
    resolve(message)
  }
  const timer = setTimeout(() => {
    worker.off('message', listen)
    reject(new Error(`The load did not say "${type}" within ${withinMs / 1_000} s.`))
  }, withinMs)
  worker.on('message', listen)
  return promise
}
