'use client'
import { X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { Refusal } from './refusal.tsx'
import { ToneIcon } from './tone-icon.tsx'
import { WholeWords } from './whole-words.tsx'

/** What became of the last thing that the operator did. */
export type News = { kind: 'done'; sentence: string } | { kind: 'refused'; error: ReleaseErrorBody }

export function Notice({ news, onDismiss }: { news: News; onDismiss(): void }) {
  const before = useRef<Element | null>(null)
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    before.current = document.activeElement
  }, [])

  /** The button takes itself away, and the keyboard's place with it. */
  function dismiss() {
    // What was pressed before may be gone by now.
    const region = box.current?.closest('[tabindex="-1"]')
    onDismiss()
    const target = before.current?.isConnected ? before.current : region
    if (target instanceof HTMLElement) target.focus()
  }

  return (
    <div ref={box} className="relative">
      {news.kind === 'refused' ? (
        <Refusal error={news.error} isUrgent />
      ) : (
        <p
          role="status"
          className="flex items-center gap-3 rounded-md border border-live/40 bg-live-wash p-3 pr-12"
        >
          <ToneIcon tone="good" size={17} />
          <span className="min-w-0 [overflow-wrap:anywhere]">
            <WholeWords text={news.sentence} />
          </span>
        </p>
      )}
      <button
        type="button"
        aria-label="Dismiss"
        onClick={dismiss}
        className="absolute top-2 right-2 grid size-7 place-items-center rounded text-ink-muted hover:bg-surface"
      >
        <X aria-hidden="true" size={15} />
      </button>
    </div>
  )
}
