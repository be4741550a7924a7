import type { Health } from './ports.ts'
import type { Slot } from './slot.ts'

/** Whether `slot` says of itself that it is operational with what `release` started there. Silence is no. */
export async function isOperational(
  health: Pick<Health, 'probe'>,
  slot: Slot,
  release: number,
  signal: AbortSignal,
): Promise<boolean> {
  const seen = await health.probe(slot, signal).catch(() => null)
  return seen?.payload.status === 'operational' && seen.payload.release === release
}
