import type { ReactNode } from 'react'
import { ToneIcon } from './tone-icon.tsx'

/** Something that is off and does not stop anything yet. */
export function Warning({ children }: { children: ReactNode }) {
  return (
    <div role="status" className="flex gap-3 rounded-md border border-warn/40 bg-warn-wash px-3.5 py-2.5">
      <span className="mt-0.5">
        <ToneIcon tone="warn" size={17} />
      </span>
      <div className="min-w-0 flex-1 text-ink">{children}</div>
    </div>
  )
}
