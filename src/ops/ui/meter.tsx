import { TriangleAlert } from 'lucide-react'
import type { MeterView } from '../view/slot-tile.ts'

/** How much of a limit is used: the numbers, and a bar for the glance. */
export function Meter({ name, view }: { name: string; view: MeterView | null }) {
  return (
    <div className="grid grid-cols-[3.75rem_1fr] items-center gap-x-3 sm:grid-cols-[3.75rem_1fr_9.5rem]">
      <span className="label">{name}</span>
      <Bar name={name} view={view} />
      <span
        className={`col-start-2 inline-flex items-center gap-1 text-xs sm:col-start-3 sm:justify-end ${view?.isHigh ? 'font-semibold text-warn' : ''}`}
      >
        {view?.isHigh && <TriangleAlert aria-label="Near its limit:" size={12} />}
        {view === null ? <span className="text-ink-faint">not known</span> : view.text}
      </span>
    </div>
  )
}

function Bar({ name, view }: { name: string; view: MeterView | null }) {
  if (view?.fraction == null) return <span className="h-1.5 rounded-full border border-line" />
  const percent = Math.round(view.fraction * 100)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a native meter takes no styles that all browsers share
    <span
      role="meter"
      aria-label={name}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={view.text}
      className="h-1.5 overflow-hidden rounded-full bg-sunken ring-1 ring-line ring-inset"
    >
      <span
        className={`block h-full rounded-full transition-[width] duration-500 ${view.isHigh ? 'bg-warn' : 'bg-ink-faint'}`}
        style={{ width: `${Math.max(2, percent)}%` }}
      />
    </span>
  )
}
