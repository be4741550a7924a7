import { freezeBy } from '../release/freeze.ts'
import type { Draft, JournalEvent } from '../release/journal-event.ts'
import type { Bars, Freezes, Journal, KeepMarks, NamedBuild } from '../release/ports.ts'
import type { Release } from '../release/release.ts'
import { applyEvent, createRelease } from '../release/transitions.ts'
import { barsIn } from './bars.ts'
import { isDamage } from './damaged-database.ts'
import { freezesIn } from './freezes.ts'
import { copyPath, journalCopy, type Spend } from './journal-copy.ts'
import { openJournalFile, type Restored } from './journal-file.ts'
import { parseRelease, queriesOn } from './journal-queries.ts'
import { keepMarksIn } from './keep-marks.ts'

export type OpenJournal = Journal & {
  /** Kept in the same database. */
  bars: Bars
  keepMarks: KeepMarks
  freezes: Freezes
  /** The release as its events say, whatever the folded table holds. Throws where an event is not legal. */
  replay(id: number): Release
  /** What was done where the file could not be used as it was found; null mostly. */
  restored: Restored | null
  /** Brings the copy up where it fell behind: there may be room for it now. Never throws. */
  follow(): void
  close(): void
}

/**
 * Opens or creates the journal at `path`, readable by its owner alone, and keeps its copy. `onChange` is called after each
 * durable write, with the release as it is now; `onDamage` where the file proves damaged while it is open. It can't be used
 * any more then; opened again it is made anew from the copy. Each write runs by `spend`.
 */
export function openJournal(
  path: string,
  onChange: (release: Release) => void = () => undefined,
  onDamage: (cause: unknown) => void = () => undefined,
  spend: Spend = (write) => write(),
): OpenJournal {
  const { db, restored } = openJournalFile(path)
  const copy = journalCopy(db, copyPath(path), spend)
  copy.follow()
  const freezes = freezesIn(db, copy.follow)
  const insertRelease = db.prepare(
    'INSERT INTO releases (state, verb, slot, from_slot, body) VALUES (?, ?, ?, ?, ?)',
  )
  const updateRelease = db.prepare('UPDATE releases SET state = ?, body = ? WHERE id = ?')
  const insertEvent = db.prepare('INSERT INTO events (release, at, event) VALUES (?, ?, ?)')
  const queries = queriesOn(db)

  function create(draft: Draft): Release {
    const event: JournalEvent = { type: 'created', draft }
    const at = new Date().toISOString()
    return durably(() => {
      const { lastInsertRowid } = insertRelease.run('preparing', draft.verb, draft.slot, draft.from, '{}')
      const release = createRelease(Number(lastInsertRowid), event, at)
      updateRelease.run(release.state, JSON.stringify(release), release.id)
      insertEvent.run(release.id, at, JSON.stringify(event))
      return release
    })
  }

  function append(id: number, event: JournalEvent): Release {
    const before = queries.get(id)
    if (!before) throw new Error(`Release ${id} is not in the journal.`)
    const at = new Date().toISOString()
    const release = applyEvent(before, event, at)
    return durably(() => {
      updateRelease.run(release.state, JSON.stringify(release), id)
      insertEvent.run(id, at, JSON.stringify(event))
      // In one transaction: a director that is killed here loses both or neither.
      const freeze = event.type === 'live' ? freezeBy(release, at) : null
      if (freeze !== null) freezes.add(freeze)
      return release
    })
  }

  function durably(write: () => Release): Release {
    db.exec('BEGIN IMMEDIATE')
    try {
      const release = write()
      db.exec('COMMIT')
      copy.follow()
      onChange(release)
      return release
    } catch (cause) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw cause
    }
  }

  function builds(): NamedBuild[] {
    const rows = db
      .prepare(`SELECT body FROM releases WHERE body ->> '$.build.deploymentId' IS NOT NULL ORDER BY id DESC`)
      .all()
    const byId = new Map<string, NamedBuild>()
    for (const { body } of rows) {
      const { build } = parseRelease(body)
      const deploymentId = build?.deploymentId
      if (deploymentId && !byId.has(deploymentId)) byId.set(deploymentId, { ...build, deploymentId })
    }
    return [...byId.values()]
  }

  const bars = barsIn(db, copy.follow)
  const marks = keepMarksIn(db, copy.follow)
  const watched = watching(onDamage)
  const written: typeof watched = (work) => watched((...given) => spend(() => work(...given)))
  return {
    bars: { bar: written(bars.bar), unbar: written(bars.unbar), list: watched(bars.list) },
    keepMarks: { keep: written(marks.keep), unkeep: written(marks.unkeep), list: watched(marks.list) },
    freezes: {
      freeze: written(freezes.freeze),
      lift: written(freezes.lift),
      inForce: watched(freezes.inForce),
    },
    builds: watched(builds),
    create: written(create),
    append: written(append),
    replay: watched(queries.replay),
    restored,
    get: watched(queries.get),
    list: watched(queries.list),
    unfinished: watched(queries.unfinished),
    newestLive: watched(queries.newestLive),
    holderOf: watched(queries.holderOf),
    follow: copy.follow,
    close: () => db.close(),
  }
}

function watching(onDamage: (cause: unknown) => void) {
  return <Arguments extends unknown[], Answer>(work: (...given: Arguments) => Answer) =>
    (...given: Arguments): Answer => {
      try {
        return work(...given)
      } catch (cause) {
        if (isDamage(cause)) onDamage(cause)
        throw cause
      }
    }
}
