import type { z } from 'zod'
import { environmentChangeWords } from '../release/environment-change.ts'
import type { Slot } from '../release/slot.ts'
import type { Parts } from '../release/steps.ts'
import type { PreflightFinding, planRequestSchema } from './protocol.ts'

type PlanRequest = z.infer<typeof planRequestSchema>

/** Which names of the app's environment a release would change for visitors; nothing where none, or where it can't be told. */
export async function environmentFinding(
  { journal, runtimes }: Pick<Parts, 'journal' | 'runtimes'>,
  request: PlanRequest,
  { slot, from }: { slot: Slot; from: Slot | null },
): Promise<PreflightFinding[]> {
  const before = from && journal.holderOf(from)?.runtime
  const isKept = request.verb === 'rollback' && request.environment === undefined
  const after = isKept ? journal.holderOf(slot)?.runtime : 'now'
  if (!before || !after) return []
  const change = await runtimes.change(before, after)
  const words = change && environmentChangeWords(change)
  if (!words) return []
  if (isKept) {
    const sentence = `The standby comes back with the environment that it ran with: ${words}.`
    return [{ name: 'environment', outcome: 'warning', sentence }]
  }
  return [
    { name: 'environment', outcome: 'ok', sentence: `The environment changes with this release: ${words}.` },
  ]
}
