import { existsSync } from 'node:fs'
import { reasonOf } from '../../release/errors.ts'
import { copyPath, readCopy } from '../../state/journal-copy.ts'
import { type JournalReader, readJournal } from '../../state/journal-reader.ts'
import type { JournalSight } from '../seen.ts'

/** Reads the journal at `path` and holds each release against its events. Never throws: what is in the way is what is seen. */
export function lookAtJournal(path: string): JournalSight {
  const copied = readCopy(copyPath(path)).rows.length
  if (!existsSync(path)) return { kind: 'absent', copied }
  let journal: JournalReader | null = null
  try {
    journal = readJournal(path)
    const lost = journal.lost()
    if (lost === 0) return read(journal)
    return {
      kind: 'damaged',
      reason: `${lost} of the entries that had been written are not there, or not as they were written`,
      copied,
    }
  } catch (cause) {
    return { kind: 'damaged', reason: reasonOf(cause), copied }
  } finally {
    journal?.close()
  }
}

/** Throws where events are no events, or not legal: then nothing can tell what became of a release. */
function read(journal: JournalReader): JournalSight {
  const misfolded = journal.misfolded()
  const missingInCopy = journal.missingInCopy()
  if (misfolded.length > 0) {
    const holders = { primary: null, secondary: null }
    return { kind: 'read', newestLive: null, holders, unfinished: [], bars: [], misfolded, missingInCopy }
  }
  return {
    kind: 'read',
    newestLive: journal.newestLive(),
    holders: { primary: journal.holderOf('primary'), secondary: journal.holderOf('secondary') },
    unfinished: journal.unfinished(),
    bars: journal.bars.list(),
    misfolded,
    missingInCopy,
  }
}
