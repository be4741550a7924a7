import { ReleaseError } from '../release/errors.ts'
import type { Health } from '../release/ports.ts'
import type { Slot } from '../release/slot.ts'
import { readStatus, type SlotAddress } from './read-status.ts'

/** One probe. Throws `status-missing`, `status-shape`, `status-wrong-release`, or the signal's reason. */
export async function probe(
  slot: Slot,
  where: SlotAddress,
  signal: AbortSignal,
): ReturnType<Health['probe']> {
  const sight = await readStatus(slot, where, signal)
  switch (sight.kind) {
    case 'status':
      return { payload: sight.payload, latencyMs: sight.latencyMs, httpStatus: sight.httpStatus }
    case 'unreachable':
      throw new ReleaseError(
        'status-missing',
        { slot, reason: sight.reason, contact: sight.isTaken ? 'taken' : 'none' },
        { cause: sight.cause },
      )
    case 'wrong':
      throw new ReleaseError(sight.code, { slot, reason: sight.reason })
  }
}
