import { useEffect, useState } from 'react'
import { type StreamEvent, streamEventSchema } from './stream-event.ts'

const REOPEN_MS = 2_000

/** The slot at the other end of an event stream, and one line about the connection. */
export function useEventStream(): { place: StreamEvent | null; note: string } {
  const [place, setPlace] = useState<StreamEvent | null>(null)
  const [note, setNote] = useState('Connecting…')
  useEffect(() => {
    let stream: EventSource
    let reopening: ReturnType<typeof setTimeout>
    function open() {
      stream = new EventSource('/api/events')
      stream.onmessage = (message) => {
        const event = streamEventSchema.safeParse(JSON.parse(String(message.data)))
        if (!event.success) return
        setPlace(event.data)
        setNote('')
      }
      stream.onerror = () => {
        setNote('Reconnecting…')
        // The browser resumes a stream that broke off, and gives one up that was refused.
        if (stream.readyState === EventSource.CLOSED) reopening = setTimeout(open, REOPEN_MS)
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
