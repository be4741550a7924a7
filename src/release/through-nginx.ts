import { ReleaseError } from './errors.ts'
import { wordsOf } from './messages.ts'
import type { Slot } from './slot.ts'
import type { Parts } from './steps.ts'

/** Why nginx does not confirm that it serves `slot` with what `release` started there, in words; null where it does. */
export async function unconfirmedBecause(
  { traffic, settings }: Parts,
  slot: Slot,
  release: number,
): Promise<string | null> {
  try {
    const generation = (await traffic.read())?.generation ?? 0
    await traffic.confirm(
      { generation, slot, release, health: 'any' },
      AbortSignal.timeout(settings.moveDeadlineMs),
    )
    return null
  } catch (cause) {
    const isUnconfirmed = cause instanceof ReleaseError && cause.code === 'switch-unconfirmed'
    return (isUnconfirmed ? cause.facts.reason : undefined) ?? wordsOf(cause)
  }
}
