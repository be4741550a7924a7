import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { type Release, releaseSchema } from '../../src/release/release.ts'
import type { Slot } from '../../src/release/slot.ts'
import { isUnderWay } from '../../src/release/transitions.ts'
import { replayed } from '../../src/state/journal-file.ts'
import type { Rig } from './rig.ts'

/** What is in the journal's file, looked at from outside: the product's own way of opening it would mend it. */
export type JournalView = {
  /** Newest first. */
  releases: Release[]
  newestEvent: number
  /** In sentences: what the folded table says otherwise than the events. */
  contradictions: string[]
}

/** A slot may hold its build for as long as the other one gets all the deploys. */
const NEWEST = 2_000
const REPLAYED = 20

export function viewJournal({ system }: Rig): JournalView {
  const db = new DatabaseSync(join(system.dir, 'state/journal.db'), { readOnly: true })
  try {
    const releases = db
      .prepare('SELECT body FROM releases ORDER BY id DESC LIMIT ?')
      .all(NEWEST)
      .map(({ body }) => releaseSchema.parse(JSON.parse(String(body))))
    const events = db.prepare('SELECT at, event FROM events WHERE release = ? ORDER BY seq')
    return {
      releases,
      newestEvent: Number(db.prepare('SELECT max(seq) AS seq FROM events').get()?.seq ?? 0),
      contradictions: [...overlaps(db), ...unlikeItsEvents(releases, (id) => events.all(id))],
    }
  } finally {
    db.close()
  }
}

function unlikeItsEvents(
  releases: readonly Release[],
  eventsOf: (id: number) => Record<string, unknown>[],
): string[] {
  return releases
    .slice(0, REPLAYED)
    .filter((release) => !isDeepStrictEqual(replayed(release.id, eventsOf(release.id)), release))
    .map(({ id }) => `Release ${id} is not what its events say.`)
}

/** One at a time: by the order of the events, since a clock may have been moved. */
function overlaps(db: DatabaseSync): string[] {
  return db
    .prepare(
      `WITH spans AS (
         SELECT release, min(seq) AS began,
           max(CASE WHEN event ->> '$.type' IN ('live', 'failed', 'aborted') THEN seq END) AS ended
         FROM events GROUP BY release
       )
       SELECT next.release AS id FROM spans AS next JOIN spans AS former ON former.release = next.release - 1
       WHERE former.ended > next.began ORDER BY id DESC LIMIT 1`,
    )
    .all()
    .map(({ id }) => `Release ${Number(id)} began before the one before it had ended.`)
}

export const liveIn = ({ releases }: JournalView): Release | undefined =>
  releases.find(({ state }) => state === 'live')

export const unfinishedIn = ({ releases }: JournalView): Release[] => releases.filter(isUnderWay)

/** The release whose build the slot holds, as the journal knows it. */
export const holderIn = ({ releases }: JournalView, slot: Slot): number | undefined =>
  releases.find(
    (one) => one.state === 'live' && one.verb === 'deploy' && (one.slot === slot || one.from === null),
  )?.id
