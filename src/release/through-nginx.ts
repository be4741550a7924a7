import { ReleaseError } from './errors.ts'
import { wordsOf } from './messages.ts'
import { awakeDeadline } from './move/awake.ts'
import type { Slot } from './slot.ts'
import type { Parts } from './steps.ts'

/**
 * Why nginx does not confirm that it serves `slot` with what `release` started there, in words; null where it does. A slot that
 * is silent takes nothing from what nginx says.
 */
export async function unconfirmedBecause(
  { traffic, settings }: Parts,
  slot: Slot,
  release: number,
): Promise<string | null> {
  try {
    const generation = (await traffic.read())?.generation ?? 0
    using deadline = awakeDeadline(settings.moveDeadlineMs)
    const expected = { generation, slot, release, health: 'any' } as const
    const { sight, missing } = await traffic.confirm(expected, deadline.signal)
    return sight === 'nginx-late' ? missing : null
  } catch (cause) {
    const isUnconfirmed = cause instanceof ReleaseError && cause.code === 'switch-unconfirmed'
    return (isUnconfirmed ? cause.facts.reason : undefined) ?? wordsOf(cause)
  }
}
