import type { Slot } from '../../release/slot.ts'

const HUES: Readonly<Record<Slot, string>> = {
  primary: 'bg-primary-wash text-primary-slot',
  secondary: 'bg-secondary-wash text-secondary-slot',
}

/** A slot by name, in its hue. */
export function SlotName({ slot, testId }: { slot: Slot; testId?: string }) {
  return (
    <span
      data-testid={testId}
      className={`rounded px-1.5 py-0.5 font-medium font-mono text-[0.9em] ${HUES[slot]}`}
    >
      {slot}
    </span>
  )
}
