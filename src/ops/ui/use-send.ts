'use client'
import { useEffect, useRef, useState } from 'react'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import type { Outcome } from '../outcome.ts'
import type { Accepted } from '../verbs.ts'

/** Where an answer goes. It may come when its dialog is closed already, and another one open: then it must still be told. */
export type Answers<T = Accepted> = {
  onAccepted(accepted: T, isLate: boolean): void
  onLateRefusal(error: ReleaseErrorBody): void
}

/** Sends a dialog's verb once at a time, and keeps what it was refused with while the dialog is open. */
export function useSend<T>({ onAccepted, onLateRefusal }: Answers<T>) {
  const [isSending, setIsSending] = useState(false)
  const [refusal, setRefusal] = useState<ReleaseErrorBody | null>(null)
  const isOpen = useRef(true)
  useEffect(() => {
    isOpen.current = true
    return () => {
      isOpen.current = false
    }
  }, [])

  async function send(verb: () => Promise<Outcome<T>>) {
    if (isSending) return
    setIsSending(true)
    setRefusal(null)
    const outcome = await verb()
    setIsSending(false)
    if (outcome.ok) onAccepted(outcome.value, !isOpen.current)
    else if (isOpen.current) setRefusal(outcome.error)
    else onLateRefusal(outcome.error)
  }

  return { isSending, refusal, send, forget: () => setRefusal(null) }
}
