import { type LogLine, releaseEventSchema } from '../director/protocol.ts'
import { type Release, releaseSchema } from '../release/release.ts'
import { getView, RequestRefused } from './http.ts'
import { viaOtherSlot } from './other-slot.ts'

export type FeedState = 'connecting' | 'following' | 'waiting' | 'signed-out' | 'gone' | 'ended'

/** What came in since the last time, in order. */
export type FeedBatch = { release: Release | null; lines: readonly LogLine[]; state: FeedState }

const FLUSH_MS = 80
/** A stored log comes by the thousand lines; drawing them in few large steps takes a tenth of the time. */
const BULK_FLUSH_MS = 500
const BULK_LINES = 200
const REOPEN_FIRST_MS = 500
const REOPEN_MOST_MS = 5_000
/** A slot that hangs takes the connection and says nothing, and no browser notices. */
const OPEN_DEADLINE_MS = 6_000
const QUIET_MOST_MS = 30_000

/**
 * Follows one release: its state and its log, from the beginning, across lost connections and switched slots.
 * The browser resumes a broken stream by itself; one that was refused is opened anew once it is known why, and one
 * that says nothing is opened anew by the other slot.
 * Lines are handed on in batches by a timer, which goes on in a background tab, where animation frames do not.
 */
export function followRelease(id: number, onBatch: (batch: FeedBatch) => void): { close(): void } {
  let source: EventSource | null = null
  let isClosed = false
  let isViaOther = false
  let offset = 0
  let reopenMs = REOPEN_FIRST_MS
  let state: FeedState = 'connecting'
  let release: Release | null = null
  let lines: LogLine[] = []
  let flushMs = FLUSH_MS
  let flushTimer: ReturnType<typeof setTimeout> | null = null
  let reopenTimer: ReturnType<typeof setTimeout> | null = null
  let quietTimer: ReturnType<typeof setTimeout> | null = null

  function flush(): void {
    flushTimer = null
    flushMs = lines.length > BULK_LINES ? BULK_FLUSH_MS : FLUSH_MS
    onBatch({ release, lines, state })
    lines = []
  }

  function schedule(next: FeedState): void {
    if (isClosed) return
    state = next
    flushTimer ??= setTimeout(flush, flushMs)
  }

  function end(last: 'gone' | 'ended'): void {
    stop()
    schedule(last)
  }

  function receive(event: 'release' | 'log' | 'end', data: string): void {
    expectMore(QUIET_MOST_MS)
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
    if (parsed.data.event === 'end') end('ended')
    else schedule('following')
  }

  function open(): void {
    const path = `/api/ops/releases/${id}/events?from=${offset}`
    const opened = new EventSource(isViaOther ? viaOtherSlot(path) : path)
    source = opened
    expectMore(OPEN_DEADLINE_MS)
    opened.addEventListener('release', ({ data }) => receive('release', data))
    opened.addEventListener('log', ({ data }) => receive('log', data))
    opened.addEventListener('end', ({ data }) => receive('end', data))
    opened.addEventListener('open', () => {
      expectMore(QUIET_MOST_MS)
      schedule('following')
    })
    opened.addEventListener('error', () => {
      schedule('waiting')
      if (opened.readyState === EventSource.CLOSED) void refused()
      else expectMore(OPEN_DEADLINE_MS)
    })
  }

  /** A quiet build is not worth asking about: its stream is resumed where it was, which costs one request. */
  function expectMore(withinMs: number): void {
    if (quietTimer) clearTimeout(quietTimer)
    quietTimer = setTimeout(() => {
      source?.close()
      isViaOther = !isViaOther
      open()
    }, withinMs)
  }

  /** An EventSource does not tell what it was refused with; the release's own address does. */
  async function refused(): Promise<void> {
    stop()
    try {
      release = await getView(releaseSchema, `/api/ops/releases/${id}`)
    } catch (error) {
      const status = error instanceof RequestRefused ? error.status : 0
      if (status === 404) return end('gone')
      if (status === 401) schedule('signed-out')
    }
    if (isClosed) return
    reopenTimer = setTimeout(open, reopenMs)
    reopenMs = Math.min(REOPEN_MOST_MS, reopenMs * 2)
  }

  function stop(): void {
    source?.close()
    if (quietTimer) clearTimeout(quietTimer)
    if (reopenTimer) clearTimeout(reopenTimer)
  }

  open()
  return {
    close() {
      isClosed = true
      stop()
      if (flushTimer) clearTimeout(flushTimer)
    },
  }
}
