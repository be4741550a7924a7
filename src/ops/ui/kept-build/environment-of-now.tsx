import type { Slot } from '../../../release/slot.ts'

type Props = { isChosen: boolean; slot: Slot; onChange(isChosen: boolean): void }

/** Whether the standby comes back as it ran, or is started anew with what app.env says now. */
export function EnvironmentOfNow({ isChosen, slot, onChange }: Props) {
  return (
    <label className="mb-4 flex items-start gap-2 text-sm">
      <input
        type="checkbox"
        checked={isChosen}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5 size-4 shrink-0 accent-ink"
      />
      <span>
        Start it with app.env as it is now
        <span className="block text-xs text-ink-muted">
          Then {slot} is started anew and checked before visitors move, which takes longer. Otherwise the
          build comes back with the environment that it ran with.
        </span>
      </span>
    </label>
  )
}
