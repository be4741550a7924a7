import type { LoadReport } from '../../test/load/tally.ts'
import { NOTHING_DONE, type TabCounts } from './tabs.ts'

const KINDS = ['release', 'rollback', 'rest'] as const

export type Kind = (typeof KINDS)[number]

/** What had been sent and done when something began. `atMs` is on the clock of `Date.now`. */
export type Mark = { atMs: number; sent: number; tabs: TabCounts }

/** All that was sent and done in the time of one kind. */
export type Stretch = { kind: Kind; times: number; sent: number; failed: number; tabs: TabCounts }

/**
 * What came of each kind. Each mark begins what its kind says, which goes on to the next one and the last to `end`: nothing
 * lies between two, before the first or after the last. A failure is of the time at which its request was sent.
 */
export function stretchesOf(
  marks: readonly (Mark & { kind: Kind })[],
  end: Mark,
  failures: LoadReport['failures'],
): Stretch[] {
  return KINDS.map((kind) => {
    const stretch: Stretch = {
      ...{ kind, times: 0, sent: 0, failed: 0 },
      tabs: { ...NOTHING_DONE },
    }
    for (const [index, from] of marks.entries()) {
      if (from.kind !== kind) continue
      const to = marks[index + 1] ?? end
      const isWithin = (atMs: number) => (index === 0 || atMs >= from.atMs) && (to === end || atMs < to.atMs)
      stretch.times++
      stretch.sent += to.sent - from.sent
      stretch.failed += failures.filter(({ at }) => isWithin(Date.parse(at))).length
      for (const what of ['acts', 'failed', 'reloads', 'broken'] as const) {
        stretch.tabs[what] += to.tabs[what] - from.tabs[what]
      }
    }
    return stretch
  })
}
