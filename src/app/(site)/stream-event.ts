import { z } from 'zod'
import { slotSchema } from '../../release/slot.ts'

/** What `/api/events` sends, again and again. */
export const streamEventSchema = z.object({
  slot: slotSchema,
  release: z.number().int(),
  version: z.string(),
  at: z.iso.datetime(),
})

export type StreamEvent = z.infer<typeof streamEventSchema>
