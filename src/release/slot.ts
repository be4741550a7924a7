import { z } from 'zod'

/** The two places that a build can run in. Everything that names a slot comes from this list. */
export const SLOTS = ['primary', 'secondary'] as const

export const slotSchema = z.enum(SLOTS)

export type Slot = (typeof SLOTS)[number]

/** What a slot is to visitors: `live` gets the default traffic, `standby` is ready for a rollback, `idle` is neither. */
export const slotRoleSchema = z.enum(['live', 'standby', 'idle'])

export type SlotRole = z.infer<typeof slotRoleSchema>

/** The slot that traffic would move to, given the one that has it. */
export function otherSlot(slot: Slot): Slot {
  return slot === 'primary' ? 'secondary' : 'primary'
}
