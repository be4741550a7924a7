import { barOn, barWords } from '../../release/bar.ts'
import type { RoutingState } from '../../release/ports.ts'
import type { Check, Finding } from '../finding.ts'
import { answersAs } from '../next-routing.ts'
import type { JournalRead, Seen } from '../seen.ts'
import { heldBy, readJournalOf, standbySlot } from '../truth.ts'

/** What the routing and the journal say together; null where either can't be read, or they name different slots. */
function agreed(seen: Seen): { state: RoutingState; journal: JournalRead } | null {
  const { state } = seen.routing
  const journal = readJournalOf(seen)
  return state === null || journal === null || state.live !== journal.newestLive?.slot
    ? null
    : { state, journal }
}

/** Writes the routing anew as the journal would have it, with the same slot live. */
function rewritten(seen: Seen, remedy: string): Pick<Finding, 'remedy' | 'mend'> {
  const live = seen.routing.state?.live ?? null
  return { remedy, mend: live === null ? null : ({ routeTo }) => routeTo(live) }
}

export const barred: Check = {
  name: 'barred builds',
  about: 'no barred build can be reached',
  fix: 'takes it out of the routing; a live one only another release can replace',
  isOfReleases: true,
  find: (seen) => {
    const both = agreed(seen)
    if (both === null) return []
    const { state, journal } = both
    const found: Finding[] = []
    const standby = standbySlot(seen)
    const live = state.live && barOn(journal.bars, heldBy(seen, state.live)?.build)
    if (live) {
      found.push({
        severity: 'warning',
        sentence: `Visitors get a build that is barred, from ${state.live}: ${barWords(live)}`,
        remedy: 'Deploy another build, or roll back.',
        mend: null,
      })
    }
    const bar = standby && barOn(journal.bars, heldBy(seen, standby)?.build)
    if (standby && bar && state.up.includes(standby)) {
      found.push({
        severity: 'warning',
        sentence: `The build in ${standby} is barred, and its open tabs still reach it: ${barWords(bar)}`,
        ...rewritten(seen, '--fix takes it out of the routing; its tabs get the live build.'),
      })
    }
    return found
  },
}

export const reach: Check = {
  name: 'standby in reach',
  about: 'a healthy standby is in the routing, so that there is a way back',
  fix: 'takes it into the routing',
  isOfReleases: true,
  find: (seen) => {
    const both = agreed(seen)
    const standby = standbySlot(seen)
    const held = standby && heldBy(seen, standby)
    if (both === null || !standby || !held || both.state.up.includes(standby)) return []
    const isBarred = barOn(both.journal.bars, held.build) !== null
    if (isBarred || !answersAs(seen, standby, held.release.id)) return []
    return [
      {
        severity: 'warning',
        sentence: `${standby} is healthy, but the routing does not count it as ready, so there is nothing to roll back to.`,
        ...rewritten(seen, '--fix takes it into the routing.'),
      },
    ]
  },
}

export const pins: Check = {
  name: 'open tabs',
  about: 'the routing sends the open tabs of each build in a slot to that slot',
  fix: 'writes the routing anew',
  isOfReleases: true,
  find: (seen) => {
    const both = agreed(seen)
    if (both === null) return []
    const { up, pins: pinned } = both.state
    const idIn = (slot: (typeof up)[number]) => heldBy(seen, slot)?.build.deploymentId?.toLowerCase()
    const wrong = pinned.filter(({ deploymentId, slot }) => deploymentId.toLowerCase() !== idIn(slot))
    const missing = up.filter((slot) => {
      const id = idIn(slot)
      return id !== undefined && !pinned.some(({ deploymentId }) => deploymentId.toLowerCase() === id)
    })
    return [
      ...wrong.map(
        ({ deploymentId, slot }) =>
          `open tabs of ${deploymentId} are sent to ${slot}, which does not hold that build`,
      ),
      ...missing.map((slot) => `open tabs of the build in ${slot} are not sent there`),
    ].map((reason) => ({
      severity: 'warning',
      sentence: `By the routing, ${reason}.`,
      ...rewritten(seen, '--fix writes the routing anew.'),
    }))
  },
}
