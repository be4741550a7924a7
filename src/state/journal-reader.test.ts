import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { draft } from '../../test/fixtures/yard.ts'
import { openJournal } from './journal.ts'
import { readJournal } from './journal-reader.ts'

const dir = mkdtempSync(join(tmpdir(), 'reader-'))
after(() => rmSync(dir, { recursive: true }))

let count = 0

/** A journal with two releases, the second under way. */
function journalOfTwo(): string {
  const path = join(dir, `${++count}.db`)
  const journal = openJournal(path)
  const { id } = journal.create(draft({ slot: 'primary', from: null }))
  journal.append(id, { type: 'switching' })
  journal.append(id, { type: 'live' })
  journal.create(draft({ slot: 'secondary', from: 'primary' }))
  journal.close()
  return path
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

test('a look reads what is there, and changes nothing', () => {
  const path = journalOfTwo()
  const before = readFileSync(path)
  const reader = readJournal(path)
  assert.deepEqual([reader.lost(), reader.misfolded(), reader.missingInCopy()], [0, [], 0])
  assert.deepEqual([reader.newestLive()?.id, reader.unfinished().map(({ id }) => id)], [1, [2]])
  reader.close()
  assert.ok(readFileSync(path).equals(before))
})

test('a journal that is not there is not made', () => {
  const path = join(dir, 'none.db')
  assert.throws(() => readJournal(path), { message: 'unable to open database file' })
  assert.equal(existsSync(path), false)
})

test('a row that says something else than the events is named, and written anew where the journal is opened', () => {
  const changes = [
    "UPDATE releases SET body = json_set(body, '$.note', 'by hand') WHERE id = 1",
    "UPDATE releases SET state = 'failed' WHERE id = 1",
    "UPDATE releases SET slot = 'secondary', verb = 'rollback' WHERE id = 1",
    "UPDATE releases SET body = '{}' WHERE id = 1",
    "UPDATE releases SET body = 'no JSON' WHERE id = 1",
  ]
  for (const sql of changes) {
    const path = journalOfTwo()
    change(path, sql)
    const reader = readJournal(path)
    assert.deepEqual(reader.misfolded(), [1], sql)
    reader.close()
    const journal = openJournal(path)
    assert.deepEqual(journal.get(1), journal.replay(1))
    assert.equal(journal.holderOf('primary')?.id, 1)
    journal.close()
    const again = readJournal(path)
    assert.deepEqual(again.misfolded(), [], sql)
    again.close()
  }
})

test("entries that are gone or changed are counted, and damage is told in SQLite's words", () => {
  const path = journalOfTwo()
  change(path, 'DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)')
  const lacking = readJournal(path)
  assert.equal(lacking.lost(), 1)
  lacking.close()
  const nonsense = join(dir, 'nonsense.db')
  writeFileSync(nonsense, 'nonsense'.repeat(1_000))
  assert.throws(() => readJournal(nonsense), {
    message: 'SQLite finds it damaged (file is not a database)',
  })
})

test('entries that the copy lacks are counted', () => {
  const path = journalOfTwo()
  rmSync(`${path}-copy`)
  const without = readJournal(path)
  assert.equal(without.missingInCopy(), 4)
  without.close()
  const short = journalOfTwo()
  truncateSync(`${short}-copy`, readFileSync(`${short}-copy`).length - 2)
  const reader = readJournal(short)
  assert.equal(reader.missingInCopy(), 1)
  reader.close()
})
