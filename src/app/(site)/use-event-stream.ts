import { useEffect, useState } from 'react'
import { fromThisBuild } from '../../workload/this-build.ts'
import { type StreamEvent, streamEventSchema } from './stream-event.ts'

const REOPEN_FIRST_MS = 2_000
const REOPEN_MOST_MS = 60_000

/** The slot at the other end of an event stream, and one line about the connection. */
export function useEventStream(): { place: StreamEvent | null; note: string } {
  const [place, setPlace] = useState<StreamEvent | null>(null)
  const [note, setNote] = useState('Connecting…')
  useEffect(() => {
    let stream: EventSource
    let reopening: ReturnType<typeof setTimeout>
    let reopenMs = REOPEN_FIRST_MS
    function open() {
      stream = new EventSource(fromThisBuild('/api/events'))
      stream.onmessage = (message) => {
        const event = streamEventSchema.safeParse(JSON.parse(String(message.data)))
        if (!event.success) return
        reopenMs = REOPEN_FIRST_MS
        setPlace(event.data)
        setNote('')
      }
      stream.onerror = () => {
        setNote('Reconnecting…')
        // The browser resumes a stream that broke off, and gives one up that was refused.
        if (stream.readyState !== EventSource.CLOSED) return
        reopening = setTimeout(open, reopenMs)
        reopenMs = Math.min(REOPEN_MOST_MS, reopenMs * 2)
      }
    }
    open()
    return () => {
      clearTimeout(reopening)
      stream.close()
    }
  }, [])
  return { place, note }
}
