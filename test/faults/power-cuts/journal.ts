import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { JournalEvent } from '../../../src/release/journal-event.ts'
import { STEP_NAMES } from '../../../src/release/step-names.ts'
import { type OpenJournal, openJournal } from '../../../src/state/journal.ts'
import { build, draft } from '../../fixtures/yard.ts'
import { bad, type Damage, fewer, subject } from './subject.ts'

const ACTOR = { kind: 'host', name: 'ada' } as const

const pathIn = (root: string): string => join(root, 'state', 'journal.db')

/** Every release to its end, and a bar on every other build. A word counts the writes. */
export const journal = subject({
  word: z.object({ events: z.number(), bars: z.number() }),
  prepare: async (root) => void mkdirSync(join(root, 'state')),
  write: async (root, acknowledge, pause) => {
    const open = openJournal(pathIn(root))
    const written = countIn(root)
    const wrote = async (what: keyof typeof written): Promise<void> => {
      written[what] += 1
      acknowledge(written)
      await pause()
    }
    for (;;) {
      const { id } = open.create(draft({ slot: 'primary', from: 'secondary' }))
      await wrote('events')
      for (const event of eventsOf(id)) {
        open.append(id, event)
        await wrote('events')
      }
      toggleBar(open, id)
      await wrote('bars')
    }
  },
  check: async (root, words) => {
    const open = openJournal(pathIn(root))
    try {
      const found = countIn(root)
      const last = words.at(-1)
      return [
        // The copy beside it would hide what the journal itself has lost.
        ...(open.restored === null ? [] : bad(`the journal was made anew: ${open.restored.reason}`)),
        ...fewer('event', found.events, last?.events),
        ...fewer('event of a bar', found.bars, last?.bars),
        ...contradictions(open, root),
      ]
    } finally {
      open.close()
    }
  },
})

function eventsOf(id: number): JournalEvent[] {
  const steps = STEP_NAMES.filter((name) => name !== 'seed').flatMap((name): JournalEvent[] => [
    { type: 'step-started', name },
    ...(name === 'switch' ? [{ type: 'switching' } as const] : []),
    ...(name === 'record' ? [{ type: 'live' } as const] : []),
    { type: 'step-ended', name, outcome: 'done', detail: 'x'.repeat(id % 500) },
  ])
  return [{ type: 'built', build: build(id) }, ...steps]
}

function toggleBar({ bars }: OpenJournal, id: number): void {
  const { deploymentId, version } = build(id - (id % 2))
  if (id % 2 === 0) bars.bar({ deploymentId: deploymentId ?? '', version }, null, ACTOR)
  else bars.unbar(deploymentId ?? '', ACTOR)
}

function countIn(root: string): { events: number; bars: number } {
  const db = new DatabaseSync(pathIn(root), { readOnly: true })
  const count = (table: string): number =>
    Number(db.prepare(`SELECT coalesce(max(seq), 0) AS seq FROM ${table}`).get()?.seq)
  const counts = { events: count('events'), bars: count('bars') }
  db.close()
  return counts
}

function contradictions(open: OpenJournal, root: string): Damage[] {
  const db = new DatabaseSync(pathIn(root), { readOnly: true })
  const integrity = String(db.prepare('PRAGMA integrity_check').get()?.integrity_check)
  db.close()
  const unlike = open
    .list({ before: null, limit: 10_000 })
    .filter((release) => !isDeepStrictEqual(open.replay(release.id), release))
  open.bars.list()
  return [
    ...(integrity === 'ok' ? [] : bad(`the journal's database says ${integrity}`)),
    ...unlike.flatMap(({ id }) => bad(`release ${id} is not what its events say`)),
  ]
}
