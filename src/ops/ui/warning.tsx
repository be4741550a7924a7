import type { ReactNode } from 'react'
import { ToneIcon } from './tone-icon.tsx'

/** Something that is off and does not stop anything yet; `isGrave` where it may hurt visitors already. */
export function Warning({ isGrave = false, children }: { isGrave?: boolean; children: ReactNode }) {
  const ground = isGrave ? 'border-bad/40 bg-bad-wash font-medium' : 'border-warn/40 bg-warn-wash'
  return (
    <div
      role={isGrave ? 'alert' : 'status'}
      className={`flex gap-3 rounded-md border px-3.5 py-2.5 ${ground}`}
    >
      <span className="mt-0.5">
        <ToneIcon tone={isGrave ? 'bad' : 'warn'} size={17} />
      </span>
      <div className="min-w-0 flex-1 text-ink [overflow-wrap:anywhere]">{children}</div>
    </div>
  )
}
