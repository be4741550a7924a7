import type { SystemStatus } from '../../director/protocol.ts'
import { otherSlot, type Slot } from '../../release/slot.ts'

/** The one thing to know at a glance: what visitors get and from where, then what could be brought back. */
export type Headline = {
  /** `silent`: nginx does not answer, so nobody gets what would be live. */
  kind: 'serving' | 'silent' | 'nothing'
  version: string | null
  slot: string | null
  /** What stands by, in one sentence or two. */
  standby: string
}

type Known = Pick<SystemStatus, 'routing' | 'live' | 'standby' | 'slots'>

export function headlineOf(status: Known): Headline {
  const { live } = status.routing
  if (live === null) {
    const standby = status.routing.nginxAnswers
      ? 'The first release fills both slots.'
      : 'Nothing would be live either.'
    return { kind: status.routing.nginxAnswers ? 'nothing' : 'silent', version: null, slot: null, standby }
  }
  const other = otherSlot(live)
  const standby = standbyWords(status, other)
  const version = status.live?.version ?? null
  if (status.routing.nginxAnswers) return { kind: 'serving', version, slot: live, standby }
  const would = `It would serve ${version ?? 'a build that is not in the journal'} from ${live}.`
  return { kind: 'silent', version, slot: live, standby: `${would} ${standby}` }
}

function standbyWords({ live, standby, slots }: Known, slot: Slot): string {
  const { barred } = slots[slot]
  if (barred !== null) return `${barred.version} on ${slot} is barred, so there is nothing to roll back to.`
  if (standby === null) return `Nothing stands by on ${slot}, so there is nothing to roll back to.`
  if (standby.image === live?.image)
    return `The same build stands by on ${slot}: a rollback would change nothing yet.`
  return `${standby.version} stands by on ${slot}.`
}
