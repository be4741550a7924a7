import { useEffect, useState } from 'react'
import { type StreamEvent, streamEventSchema } from './stream-event.ts'

/** The slot at the other end of an event stream, and one line about the connection. The browser reconnects by itself. */
export function useEventStream(): { place: StreamEvent | null; note: string } {
  const [place, setPlace] = useState<StreamEvent | null>(null)
  const [note, setNote] = useState('Connecting…')
  useEffect(() => {
    const stream = new EventSource('/api/events')
    stream.onmessage = (message) => {
      const event = streamEventSchema.safeParse(JSON.parse(String(message.data)))
      if (!event.success) return
      setPlace(event.data)
      setNote('')
    }
    stream.onerror = () => setNote('Reconnecting…')
    return () => stream.close()
  }, [])
  return { place, note }
}
