import { type Freeze, freezeBy, frozenBy } from '../../src/release/freeze.ts'
import type { Draft, JournalEvent } from '../../src/release/journal-event.ts'
import type { Bars, Freezes, Journal, NamedBuild } from '../../src/release/ports.ts'
import type { Release } from '../../src/release/release.ts'
import { startsSlot } from '../../src/release/runtime.ts'
import { applyEvent, createRelease, isUnderWay } from '../../src/release/transitions.ts'

export type MemoryJournal = Journal & {
  bars: Bars
  freezes: Freezes
  /** The fold of a release's events. */
  replay(id: number): Release
}

const AT = '2026-01-01T00:00:00.000Z'

/** The journal's rules on arrays: thousands of runs with SQLite would take hours. `memory-journal.test.ts` holds it to the real one. */
export function memoryJournal(): MemoryJournal {
  const releases: Release[] = []
  const events = new Map<number, JournalEvent[]>()
  const bars = new Map<string, ReturnType<Bars['list']>[number]>()
  let freezes: readonly Freeze[] = []
  const get = (id: number): Release | null => releases[id - 1] ?? null
  const newest = (isMeant: (release: Release) => boolean): Release | null =>
    releases.findLast(isMeant) ?? null

  function create(given: Draft): Release {
    const event: JournalEvent = { type: 'created', draft: given }
    const release = createRelease(releases.length + 1, event, AT)
    releases.push(release)
    events.set(release.id, [event])
    return release
  }

  function append(id: number, event: JournalEvent): Release {
    const before = get(id)
    if (!before) throw new Error(`Release ${id} is not in the journal.`)
    const release = applyEvent(before, event, AT)
    releases[id - 1] = release
    events.get(id)?.push(event)
    const freeze = event.type === 'live' ? freezeBy(release, AT) : null
    if (freeze) freezes = [freeze, ...freezes]
    return release
  }

  function builds(): NamedBuild[] {
    const byId = new Map<string, NamedBuild>()
    for (const { build } of releases.toReversed()) {
      const deploymentId = build?.deploymentId
      if (deploymentId && !byId.has(deploymentId)) byId.set(deploymentId, { ...build, deploymentId })
    }
    return [...byId.values()]
  }

  return {
    create,
    append,
    get,
    builds,
    replay: (id) => {
      const [first, ...rest] = events.get(id) ?? []
      if (!first) throw new Error(`Release ${id} is not in the journal.`)
      return rest.reduce((release, event) => applyEvent(release, event, AT), createRelease(id, first, AT))
    },
    list: ({ before, limit }) =>
      releases
        .filter(({ id }) => id < (before ?? Number.POSITIVE_INFINITY))
        .toReversed()
        .slice(0, limit),
    unfinished: () => releases.filter(isUnderWay),
    newestLive: () => newest(({ state }) => state === 'live'),
    holderOf: (slot) =>
      newest(
        (release) =>
          release.state === 'live' && startsSlot(release) && (release.slot === slot || release.from === null),
      ),
    bars: {
      bar: ({ deploymentId, version }, reason, actor) => {
        const bar = { deploymentId, version, reason, actor, at: AT }
        bars.delete(deploymentId)
        bars.set(deploymentId, bar)
        return bar
      },
      unbar: (deploymentId) => void bars.delete(deploymentId),
      list: () => [...bars.values()].toReversed(),
    },
    freezes: {
      freeze: (reason, actor) => {
        freezes = [{ cause: 'manual', reason, actor, at: AT, release: null }, ...freezes]
      },
      lift: () => {
        freezes = []
      },
      inForce: () => frozenBy(freezes),
    },
  }
}
