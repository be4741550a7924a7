import { z } from 'zod'
import { slotSchema } from '../../release/slot.ts'

/** What tells which build an answer or a page came from. A build without an id has null. */
export const originSchema = z.object({
  slot: slotSchema,
  release: z.number().int(),
  deploymentId: z.string().nullable(),
})

export type Origin = z.infer<typeof originSchema>

/** Whether `answer`, given to a request that asked for the build of `page`, came from that build. */
export function isOfBuild(page: Origin, answer: Origin): boolean {
  if (page.deploymentId !== null) return answer.deploymentId === page.deploymentId
  return answer.release === page.release && answer.slot === page.slot
}
