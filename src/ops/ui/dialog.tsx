'use client'
import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'

type Props = {
  title: string
  onClose(): void
  isWide?: boolean
  /** What the operator must know first: the page around a modal dialog is out of reach. */
  notice?: ReactNode
  children: ReactNode
}

/**
 * A native modal dialog, open while it is mounted: the browser traps focus, makes the page inert, closes it with
 * Escape and gives the focus back. It focuses what has `data-first`, which should be the harmless choice.
 */
export function Dialog({ title, onClose, isWide = false, notice, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const element = dialog.current
    if (!element || element.open) return
    const opener = document.activeElement
    // Where to go when the opener is gone by then: the nearest part of the page that takes the focus.
    const region = opener?.parentElement?.closest('[tabindex="-1"]')
    element.showModal()
    const first = element.querySelector('[data-first]')
    if (first instanceof HTMLElement) first.focus()
    return () => {
      element.close()
      const target = opener?.isConnected ? opener : region
      if (target instanceof HTMLElement) target.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      className={`max-h-[calc(100dvh-1.5rem)] w-[calc(100vw-1.5rem)] flex-col overflow-hidden rounded-xl border border-line-strong bg-surface shadow-2xl open:flex ${isWide ? 'max-w-4xl' : 'max-w-xl'}`}
    >
      <header className="flex items-center justify-between gap-4 border-b border-line px-5 py-3">
        <h2 id={titleId} className="text-lg font-semibold tracking-tight">
          {title}
        </h2>
        <button
          type="button"
          aria-label="Close"
          onClick={onClose}
          className="grid size-8 place-items-center rounded-md text-ink-muted hover:bg-sunken hover:text-ink"
        >
          <X aria-hidden="true" size={17} />
        </button>
      </header>
      {notice && <div className="border-b border-line px-5 py-3">{notice}</div>}
      {children}
    </dialog>
  )
}

export function DialogBody({ children }: { children: ReactNode }) {
  return <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
}

export function DialogFooter({ children }: { children: ReactNode }) {
  return (
    <footer className="flex flex-col-reverse gap-2 border-t border-line bg-ground px-5 py-3 sm:flex-row sm:items-start sm:justify-end">
      {children}
    </footer>
  )
}
