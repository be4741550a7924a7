import { Ban } from 'lucide-react'

/** Nobody is routed to this build: a shape and a word. */
export function BarredBadge() {
  return (
    <span className="inline-flex shrink-0 items-center gap-1 rounded bg-bad-wash px-1.5 py-0.5 text-xs font-semibold text-bad">
      <Ban aria-hidden="true" size={12} strokeWidth={2.5} />
      Barred
    </span>
  )
}
