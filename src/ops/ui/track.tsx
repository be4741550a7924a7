import type { Slot } from '../../release/slot.ts'

const LIVE = 'border-live [border-width:3px] z-10'
const OTHER = 'border-line-strong border-dashed [border-width:1.5px]'

/** The points, drawn: from nginx one line goes to the slot that has the traffic. What it says stands in words above. */
export function Track({ live }: { live: Slot | null }) {
  return (
    <div aria-hidden="true" className="relative hidden h-7 md:block">
      <span
        className={`absolute inset-y-0 right-1/2 left-1/4 rounded-tl-xl border-r-0! border-b-0! ${live === 'primary' ? LIVE : OTHER}`}
      />
      <span
        className={`absolute inset-y-0 right-1/4 left-1/2 rounded-tr-xl border-b-0! border-l-0! ${live === 'secondary' ? LIVE : OTHER}`}
      />
      <span
        className={`absolute -top-1.5 left-1/2 z-20 size-3.5 -translate-x-1/2 rounded-full border-[3px] bg-surface ${live === null ? 'border-line-strong' : 'border-live'}`}
      />
    </div>
  )
}
