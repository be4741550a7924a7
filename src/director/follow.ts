import type { SSEStreamingApi } from 'hono/streaming'
import type { Journal } from '../release/ports.ts'
import type { Release } from '../release/release.ts'
import { isUnderWay } from '../release/transitions.ts'
import type { ReleaseLogs } from '../state/release-log.ts'
import type { Changes } from './changes.ts'
import type { LogLine } from './protocol.ts'

const HEARTBEAT_MS = 15_000

export type FollowParts = { journal: Journal; logs: ReleaseLogs; changes: Changes }

export type FollowOptions = {
  /** Byte of the log to begin at. */
  from: number
  /** False ends the stream with what there is now. */
  follows: boolean
}

/** Streams a release and its log until both have ended. What a follower sees is always read from disk. */
export async function followRelease(
  stream: SSEStreamingApi,
  { journal, logs, changes }: FollowParts,
  id: number,
  { from, follows }: FollowOptions,
  signal: AbortSignal,
): Promise<void> {
  const waiter = changeWaiter(changes, id, signal)
  let offset = from
  let sent = ''
  let begun: readonly string[] = []
  const send = async (lines: readonly LogLine[]): Promise<void> => {
    for (const line of lines) {
      await stream.writeSSE({ event: 'log', id: String(line.offset), data: JSON.stringify(line) })
      offset = line.offset
    }
  }
  while (!signal.aborted && !stream.aborted) {
    const release = journal.get(id)
    if (!release) return
    const lines = await logs.read(id, offset)
    const body = JSON.stringify(release)
    // A step's lines come before the word that it has ended, and those of the next one after the word that it began.
    const firstOfNext = lines.findIndex(({ step }) => !begun.includes(step))
    const before = firstOfNext === -1 ? lines.length : firstOfNext
    await send(lines.slice(0, before))
    if (body !== sent) await stream.writeSSE({ event: 'release', data: body })
    sent = body
    begun = release.steps.filter(({ startedAt }) => startedAt !== null).map(({ name }) => name)
    await send(lines.slice(before))
    if (lines.length > 0) continue
    if (hasEnded(release) || !follows) {
      await stream.writeSSE({ event: 'end', data: body })
      return
    }
    if (!(await waiter.next())) await stream.write(': still here\n\n')
  }
}

/** A live release still has its last step to end. */
function hasEnded(release: Release): boolean {
  return !isUnderWay(release) && release.steps.every((step) => step.state !== 'running')
}

/** `next` answers true at the next change since the last call, false after a quiet while. */
function changeWaiter(changes: Changes, id: number, signal: AbortSignal): { next(): Promise<boolean> } {
  let pending = false
  let wake: (changed: boolean) => void = () => undefined
  changes.follow(
    id,
    () => {
      pending = true
      wake(true)
    },
    signal,
  )
  return {
    next: async () => {
      const changed =
        pending ||
        (await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(false), HEARTBEAT_MS)
          wake = (value) => {
            clearTimeout(timer)
            resolve(value)
          }
          signal.addEventListener('abort', () => wake(false), { once: true })
        }))
      pending = false
      return changed
    },
  }
}
