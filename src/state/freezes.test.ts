import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { draft } from '../../test/fixtures/yard.ts'
import { type OpenJournal, openJournal } from './journal.ts'

const dir = mkdtempSync(join(tmpdir(), 'freezes-'))
after(() => rmSync(dir, { recursive: true }))

let count = 0
const freshPath = (): string => join(dir, `${++count}.db`)

const ada = { kind: 'operator', name: 'Ada' } as const
const root = { kind: 'host', name: 'root' } as const

/** A rollback that has moved the traffic and is not known to be live yet. */
function switching(journal: OpenJournal): number {
  const { id } = journal.create(draft({ verb: 'rollback', slot: 'primary', from: 'secondary' }))
  journal.append(id, { type: 'switching' })
  return id
}

test('a freeze is kept with who, when and why until it is lifted, also by another process', () => {
  const path = freshPath()
  const first = openJournal(path)
  assert.equal(first.freezes.inForce(), null)
  first.freezes.freeze('Christmas', ada)
  const frozen = first.freezes.inForce()
  assert.deepEqual(frozen && { ...frozen, at: '' }, {
    ...{ cause: 'manual', reason: 'Christmas', actor: ada, at: '', release: null, earlier: [] },
  })
  assert.ok(Math.abs(Date.now() - Date.parse(frozen?.at ?? '')) < 5_000)
  first.close()
  const second = openJournal(path)
  assert.deepEqual(second.freezes.inForce(), frozen)
  second.freezes.lift(root)
  assert.equal(second.freezes.inForce(), null)
  second.freezes.freeze('Again', root)
  assert.equal(second.freezes.inForce()?.reason, 'Again')
  second.close()
})

test('a rollback that goes live freezes, one that does not does not, and a deploy never does', () => {
  const journal = openJournal(freshPath())
  const deploy = journal.create(draft({ slot: 'primary', from: null }))
  journal.append(deploy.id, { type: 'switching' })
  journal.append(deploy.id, { type: 'live' })
  const back = switching(journal)
  assert.equal(journal.freezes.inForce(), null)
  const error = { code: 'switch-unconfirmed', what: '', live: '', next: '', detail: null } as const
  journal.append(back, { type: 'failed', error })
  assert.equal(journal.freezes.inForce(), null)

  journal.freezes.freeze('Christmas', ada)
  const id = switching(journal)
  const { endedAt } = journal.append(id, { type: 'live' })
  const frozen = journal.freezes.inForce()
  assert.deepEqual(
    [frozen?.cause, frozen?.release, frozen?.at, frozen?.actor.name],
    ['rollback', id, endedAt, 'ada'],
  )
  assert.deepEqual(
    frozen?.earlier.map(({ reason }) => reason),
    ['Christmas'],
  )
  journal.freezes.lift(ada)
  assert.equal(journal.freezes.inForce(), null)
  journal.close()
})

test('a rollback is live and frozen, or neither', () => {
  const path = freshPath()
  const journal = openJournal(path)
  const id = switching(journal)
  const other = new DatabaseSync(path)
  other.exec("CREATE TRIGGER full BEFORE INSERT ON freezes BEGIN SELECT RAISE(ABORT, 'disk full'); END")
  assert.throws(() => journal.append(id, { type: 'live' }), /disk full/)
  assert.equal(journal.get(id)?.state, 'switching')
  assert.equal(journal.replay(id).state, 'switching')
  other.exec('DROP TRIGGER full')
  other.close()
  journal.append(id, { type: 'live' })
  assert.equal(journal.freezes.inForce()?.release, id)
  journal.close()
})

test('the freeze of a rollback that was acknowledged outlives a kill -9', () => {
  const path = freshPath()
  const journal = openJournal(path)
  const id = switching(journal)
  journal.close()
  const program = `
    import { openJournal } from ${JSON.stringify(join(import.meta.dirname, 'journal.ts'))}
    openJournal(${JSON.stringify(path)}).append(${id}, { type: 'live' })
    process.kill(process.pid, 'SIGKILL')`
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program])
  assert.equal(signal, 'SIGKILL')
  const reopened = openJournal(path)
  assert.equal(reopened.freezes.inForce()?.release, id)
  reopened.close()
})

test('a freeze outlives the journal, which is made anew from its copy', () => {
  const path = freshPath()
  const journal = openJournal(path)
  const id = switching(journal)
  journal.append(id, { type: 'live' })
  journal.freezes.freeze('Christmas', ada)
  const frozen = journal.freezes.inForce()
  journal.close()
  rmSync(path)
  const renewed = openJournal(path)
  assert.notEqual(renewed.restored, null)
  assert.deepEqual(renewed.freezes.inForce(), frozen)
  renewed.close()
})

test('who froze and who lifted is never forgotten', () => {
  const path = freshPath()
  const journal = openJournal(path)
  journal.freezes.freeze('Christmas', ada)
  journal.freezes.lift(root)
  journal.close()
  const db = new DatabaseSync(path)
  const events = db
    .prepare('SELECT event FROM freezes ORDER BY seq')
    .all()
    .map(({ event }) => JSON.parse(String(event)))
  db.close()
  assert.deepEqual(
    events.map(({ type, freeze, actor }) => [type, (freeze?.actor ?? actor).name]),
    [
      ['frozen', 'Ada'],
      ['lifted', 'root'],
    ],
  )
})
