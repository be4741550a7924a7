'use client'
import { OctagonX } from 'lucide-react'
import { type RefObject, useLayoutEffect, useRef } from 'react'
import type { Permission } from '../../director/protocol.ts'
import { VerbButton } from './verb-button.tsx'

type Props = { permission: Permission; onClick(): void; section: RefObject<HTMLElement | null> }

/** Goes with the release's end, and then leaves the focus to the release's own section. */
export function AbortButton({ permission, onClick, section }: Props) {
  const place = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const own = place.current
    return () => {
      if (own?.contains(document.activeElement)) section.current?.focus({ preventScroll: true })
    }
  }, [section])
  return (
    <div ref={place}>
      <VerbButton
        weight="stop"
        size="small"
        permission={permission}
        icon={<OctagonX aria-hidden="true" size={13} />}
        onClick={onClick}
      >
        Abort…
      </VerbButton>
    </div>
  )
}
