import type { SystemStatus } from '../../director/protocol.ts'
import { otherSlot } from '../../release/slot.ts'

/** The one thing to know at a glance: what visitors get and from where, then what could be brought back. */
export type Headline = {
  isServing: boolean
  version: string | null
  slot: string | null
  /** What stands by, in one sentence. */
  standby: string
}

export function headlineOf(status: Pick<SystemStatus, 'routing' | 'live' | 'standby'>): Headline {
  const { live } = status.routing
  if (live === null) {
    return { isServing: false, version: null, slot: null, standby: 'The first release fills both slots.' }
  }
  const other = otherSlot(live)
  const standby = status.standby
    ? `${status.standby.version} stands by on ${other}.`
    : `Nothing stands by on ${other}, so there is nothing to roll back to.`
  return { isServing: true, version: status.live?.version ?? null, slot: live, standby }
}
