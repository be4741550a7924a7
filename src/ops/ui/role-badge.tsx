import { Circle, CircleDot, Minus } from 'lucide-react'
import type { SlotRole } from '../../release/slot.ts'

const ROLES = {
  live: { icon: CircleDot, word: 'Live', colours: 'bg-live text-surface' },
  standby: { icon: Circle, word: 'Standby', colours: 'bg-standby-wash text-standby' },
  idle: { icon: Minus, word: 'Idle', colours: 'bg-sunken text-ink-muted' },
} as const

/** What a slot is to visitors: a shape and a word. */
export function RoleBadge({ role }: { role: SlotRole }) {
  const { icon: Icon, word, colours } = ROLES[role]
  return (
    <span className={`inline-flex items-center gap-1 rounded px-1.5 py-0.5 text-xs font-semibold ${colours}`}>
      <Icon aria-hidden="true" size={12} strokeWidth={2.5} />
      {word}
    </span>
  )
}
