import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { JournalEvent } from '../../src/release/journal-event.ts'
import type { Bars, Journal } from '../../src/release/ports.ts'
import { SLOTS } from '../../src/release/slot.ts'
import { openJournal } from '../../src/state/journal.ts'
import { build, draft } from '../fixtures/yard.ts'
import { memoryJournal } from '../model/memory-journal.ts'

const dir = mkdtempSync(join(tmpdir(), 'memory-journal-'))
const real = openJournal(join(dir, 'journal.db'))
after(() => {
  real.close()
  rmSync(dir, { recursive: true })
})

const ERROR = { code: 'internal', what: '', live: '', next: '', detail: null } as const
const LIVE: JournalEvent[] = [{ type: 'switching' }, { type: 'live' }]
const ADA = { kind: 'host', name: 'ada' } as const

/** One history: a first release, a deploy, a rollback, one that fails, one that is under way; and bars. */
function fill(journal: Journal & { bars: Bars }): void {
  const begun = [
    draft({ slot: 'primary', from: null }),
    draft({ slot: 'secondary', from: 'primary' }),
    draft({ verb: 'rollback', slot: 'primary', from: 'secondary' }),
    draft({ slot: 'secondary', from: 'primary' }),
    draft({ slot: 'secondary', from: 'primary' }),
  ]
  const ends: JournalEvent[][] = [
    [{ type: 'built', build: build(1) }, ...LIVE],
    [{ type: 'built', build: build(2) }, ...LIVE],
    LIVE,
    [
      { type: 'built', build: build(1) },
      { type: 'failed', error: ERROR },
    ],
    [{ type: 'step-started', name: 'build' }],
  ]
  for (const [index, given] of begun.entries()) {
    const { id } = journal.create(given)
    for (const event of ends[index] ?? []) journal.append(id, event)
  }
  journal.bars.bar({ deploymentId: 'b1', version: '1.0.0' }, 'slow', ADA)
  journal.bars.bar({ deploymentId: 'b2', version: '2.0.0' }, null, ADA)
  journal.bars.unbar('b1', ADA)
}

/** All that a journal can be asked, without the times of day. */
function told(journal: Journal & { bars: Bars }): unknown {
  const answers = [
    journal.list({ before: null, limit: 3 }),
    journal.list({ before: 3, limit: 10 }),
    journal.get(2),
    journal.get(9),
    journal.unfinished(),
    journal.newestLive(),
    SLOTS.map((slot) => journal.holderOf(slot)),
    journal.builds(),
    journal.bars.list(),
  ]
  return JSON.parse(JSON.stringify(answers, (_name, value) => (isTime(value) ? 'a time' : value)))
}

const isTime = (value: unknown): boolean => typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)

test('the journal of the tests by model answers as the real one does', () => {
  const memory = memoryJournal()
  fill(memory)
  fill(real)
  assert.deepEqual(told(memory), told(real))
  assert.throws(() => memory.append(1, { type: 'built', build: build(1) }), /"built" is not legal there/)
})
