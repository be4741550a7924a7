import { type LogLine, releaseEventSchema } from '../director/protocol.ts'
import type { Release } from '../release/release.ts'

export type FeedState = 'connecting' | 'following' | 'waiting' | 'ended'

/** What came in since the last time, in order. */
export type FeedBatch = { release: Release | null; lines: readonly LogLine[]; state: FeedState }

const FLUSH_MS = 80
/** A stored log comes by the thousand lines; drawing them in few large steps takes a tenth of the time. */
const BULK_FLUSH_MS = 500
const BULK_LINES = 200
const REOPEN_FIRST_MS = 500
const REOPEN_MOST_MS = 5_000

/**
 * Follows one release: its state and its log, from the beginning, across lost connections and switched slots.
 * The browser resumes a broken stream by itself; one that was refused (no director for a moment) is opened anew.
 * Lines are handed on in batches by a timer, which goes on in a background tab, where animation frames do not.
 */
export function followRelease(id: number, onBatch: (batch: FeedBatch) => void): { close(): void } {
  let source: EventSource | null = null
  let offset = 0
  let reopenMs = REOPEN_FIRST_MS
  let state: FeedState = 'connecting'
  let release: Release | null = null
  let lines: LogLine[] = []
  let flushMs = FLUSH_MS
  let flushTimer: ReturnType<typeof setTimeout> | null = null
  let reopenTimer: ReturnType<typeof setTimeout> | null = null

  function flush(): void {
    flushTimer = null
    flushMs = lines.length > BULK_LINES ? BULK_FLUSH_MS : FLUSH_MS
    onBatch({ release, lines, state })
    lines = []
  }

  function schedule(next: FeedState): void {
    state = next
    flushTimer ??= setTimeout(flush, flushMs)
  }

  function receive(event: 'release' | 'log' | 'end', data: string): void {
    const parsed = releaseEventSchema.safeParse({ event, data: JSON.parse(data) })
    if (!parsed.success) {
      console.error(`ops: release ${id}: ${event} event of an unknown shape`, parsed.error)
      return
    }
    reopenMs = REOPEN_FIRST_MS
    if (parsed.data.event === 'log') {
      offset = parsed.data.data.offset
      lines.push(parsed.data.data)
    } else {
      release = parsed.data.data
    }
    if (parsed.data.event === 'end') source?.close()
    schedule(parsed.data.event === 'end' ? 'ended' : 'following')
  }

  function open(): void {
    const opened = new EventSource(`/api/ops/releases/${id}/events?from=${offset}`)
    source = opened
    opened.addEventListener('release', ({ data }) => receive('release', data))
    opened.addEventListener('log', ({ data }) => receive('log', data))
    opened.addEventListener('end', ({ data }) => receive('end', data))
    opened.addEventListener('open', () => schedule('following'))
    opened.addEventListener('error', () => {
      if (state === 'ended') return
      schedule('waiting')
      if (opened.readyState !== EventSource.CLOSED) return
      reopenTimer = setTimeout(open, reopenMs)
      reopenMs = Math.min(REOPEN_MOST_MS, reopenMs * 2)
    })
  }

  open()
  return {
    close() {
      source?.close()
      if (flushTimer) clearTimeout(flushTimer)
      if (reopenTimer) clearTimeout(reopenTimer)
    },
  }
}
