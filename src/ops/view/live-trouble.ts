import type { SystemStatus } from '../../director/protocol.ts'
import { otherSlot } from '../../release/slot.ts'

/** `isGrave`: visitors may get nothing at all. */
export type LiveTrouble = { sentence: string; isGrave: boolean }

/** What is wrong with the slot that visitors get, and what stands by for them. Null where nothing is. */
export function liveTrouble({
  routing: { live },
  slots,
  standby,
  failOver,
}: Pick<SystemStatus, 'routing' | 'slots' | 'standby' | 'failOver'>): LiveTrouble | null {
  if (live === null) return null
  if (failOver !== null) return { sentence: failOver, isGrave: true }
  const { state } = slots[live].health
  if (state === 'operational') return null
  const wayOut =
    standby === null
      ? `Nothing stands by on ${otherSlot(live)}.`
      : `${standby.version} stands by on ${otherSlot(live)}: roll back to bring it to visitors.`
  if (state === 'unreachable' || state === 'absent') {
    const what = state === 'absent' ? 'does not run' : 'does not answer'
    return { sentence: `${live} is live and ${what}: visitors may get errors. ${wayOut}`, isGrave: true }
  }
  return { sentence: `${live} is live and says that it is ${state}. ${wayOut}`, isGrave: false }
}
