import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Draft } from '../release/journal-event.ts'
import { openJournal } from './journal.ts'

const dir = mkdtempSync(join(tmpdir(), 'journal-'))
after(() => rmSync(dir, { recursive: true }))

let count = 0
const freshPath = (): string => join(dir, `${++count}.db`)

const draft = (change: Partial<Draft> = {}): Draft => ({
  verb: 'deploy',
  source: { kind: 'tree' },
  slot: 'primary',
  from: null,
  build: null,
  replaces: null,
  label: null,
  note: null,
  actor: { kind: 'host', name: 'root' },
  steps: [
    {
      name: 'build',
      label: 'Build the image',
      state: 'waiting',
      startedAt: null,
      endedAt: null,
      detail: null,
    },
  ],
  ...change,
})

function goLive(journal: ReturnType<typeof openJournal>, change: Partial<Draft> = {}): number {
  const { id } = journal.create(draft(change))
  journal.append(id, { type: 'switching' })
  journal.append(id, { type: 'live' })
  return id
}

test('releases are numbered, and survive the process that wrote them', () => {
  const path = freshPath()
  const first = openJournal(path)
  assert.equal(goLive(first), 1)
  const { id } = first.create(draft({ slot: 'secondary', from: 'primary' }))
  first.close()
  const second = openJournal(path)
  assert.equal(second.newestLive()?.id, 1)
  assert.deepEqual(
    second.unfinished().map((release) => release.id),
    [id],
  )
  second.close()
})

test('a name that a former version has let in is read as it was, and keeps nothing from being opened', () => {
  const path = freshPath()
  const first = openJournal(path)
  const sources = [
    { kind: 'ref', ref: 'main\u200b' },
    { kind: 'image', image: 'registry/app:7\u0000', hasConsole: true },
  ] as const
  for (const source of sources) first.create(draft({ source }))
  first.close()
  const second = openJournal(path)
  assert.equal(second.restored, null)
  assert.deepEqual(
    second.unfinished().map(({ source }) => source),
    sources,
  )
  second.close()
})

test('a replay of the events gives the very release that is kept', () => {
  const journal = openJournal(freshPath())
  const { id } = journal.create(draft())
  journal.append(id, { type: 'step-started', name: 'build' })
  journal.append(id, { type: 'step-ended', name: 'build', outcome: 'done', detail: 'seen' })
  journal.append(id, { type: 'switching' })
  journal.append(id, { type: 'live' })
  assert.deepEqual(journal.replay(id), journal.get(id))
  journal.close()
})

test('an illegal event leaves nothing behind', () => {
  const journal = openJournal(freshPath())
  const { id } = journal.create(draft())
  const before = journal.get(id)
  assert.throws(() => journal.append(id, { type: 'live' }))
  assert.deepEqual(journal.get(id), before)
  assert.deepEqual(journal.replay(id), before)
  journal.close()
})

test('the first release holds both slots, later deploys their own, and rollbacks none', () => {
  const journal = openJournal(freshPath())
  goLive(journal)
  assert.deepEqual([journal.holderOf('primary')?.id, journal.holderOf('secondary')?.id], [1, 1])
  goLive(journal, { slot: 'secondary', from: 'primary' })
  goLive(journal, { verb: 'rollback', source: { kind: 'standby' }, slot: 'primary', from: 'secondary' })
  assert.deepEqual([journal.holderOf('primary')?.id, journal.holderOf('secondary')?.id], [1, 2])
  assert.equal(journal.newestLive()?.slot, 'primary')
  journal.close()
})

test('a list is newest first and goes on from any release', () => {
  const journal = openJournal(freshPath())
  for (let n = 0; n < 5; n++) goLive(journal)
  const ids = (before: number | null) => journal.list({ before, limit: 2 }).map((release) => release.id)
  assert.deepEqual([ids(null), ids(4), ids(1)], [[5, 4], [3, 2], []])
  journal.close()
})

test('the journal and the files beside it can be read by their owner alone', () => {
  const path = freshPath()
  const journal = openJournal(path)
  goLive(journal)
  const names = readdirSync(dir).filter((name) => join(dir, name).startsWith(path))
  assert.ok(names.length > 1, names.join())
  assert.deepEqual(
    names.map((name) => [name, statSync(join(dir, name)).mode & 0o777]),
    names.map((name) => [name, 0o600]),
  )
  journal.close()
})
