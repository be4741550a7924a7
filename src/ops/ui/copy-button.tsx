'use client'
import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'

const SHOWN_MS = 1_500

/** Copies a text and says so. `name` tells what, as in "Copy the image". */
export function CopyButton({
  name,
  text,
  label,
}: {
  name: string
  text: string | (() => string)
  label?: string
}) {
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready')
  useEffect(() => {
    if (state === 'ready') return
    const timer = setTimeout(() => setState('ready'), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [state])

  async function copy() {
    const isCopied = await writeToClipboard(typeof text === 'string' ? text : text())
    setState(isCopied ? 'copied' : 'refused')
  }

  const said = state === 'copied' ? 'Copied' : state === 'refused' ? 'Not copied' : label
  return (
    <button
      type="button"
      onClick={() => void copy()}
      aria-label={state === 'ready' ? `Copy ${name}` : said}
      title={`Copy ${name}`}
      className="inline-flex min-h-6 min-w-6 shrink-0 items-center justify-center gap-1 rounded px-1 text-xs text-ink-faint hover:bg-sunken hover:text-ink"
    >
      {state === 'copied' ? <Check aria-hidden="true" size={13} /> : <Copy aria-hidden="true" size={13} />}
      {said}
    </button>
  )
}

/** The clipboard API is there only on https and localhost; a console on a plain address selects and copies instead. */
async function writeToClipboard(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
  }
  const focused = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.style.position = 'fixed'
  area.style.opacity = '0'
  document.body.append(area)
  area.select()
  const isCopied = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
  return isCopied
}
