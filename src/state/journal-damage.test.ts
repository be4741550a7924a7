import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, beforeEach, test } from 'node:test'
import { build, draft } from '../../test/fixtures/yard.ts'
import { type OpenJournal, openJournal } from './journal.ts'
import { copyPath } from './journal-copy.ts'

const ada = { kind: 'host', name: 'ada' } as const
const root = mkdtempSync(join(tmpdir(), 'journal-damage-'))
after(() => rmSync(root, { recursive: true }))

let path: string
let whole: ReturnType<typeof contentOf>

/** Three releases, the last one under way, and a bar. */
beforeEach(() => {
  path = join(mkdtempSync(join(root, 'state-')), 'journal.db')
  const journal = openJournal(path)
  for (const slot of ['primary', 'secondary'] as const) {
    const { id } = journal.create(draft({ slot, from: slot === 'primary' ? null : 'primary' }))
    journal.append(id, { type: 'built', build: build(id) })
    journal.append(id, { type: 'switching' })
    journal.append(id, { type: 'live' })
  }
  const { id } = journal.create(draft({ slot: 'primary', from: 'secondary' }))
  journal.append(id, { type: 'step-started', name: 'preflight' })
  journal.bars.bar({ deploymentId: 'b1', version: '1.0.0' }, 'It loses orders', ada)
  whole = contentOf(journal)
  journal.close()
})

function contentOf(journal: OpenJournal) {
  return { releases: journal.list({ before: null, limit: 100 }), bars: journal.bars.list() }
}

function reopened(): OpenJournal {
  const journal = openJournal(path)
  assert.deepEqual(contentOf(journal), whole)
  for (const { id } of whole.releases) assert.deepEqual(journal.replay(id), journal.get(id))
  return journal
}

/** Changes what SQLite itself can't tell from what it wrote. */
function tamper(change: string): void {
  const db = new DatabaseSync(path)
  db.exec(change)
  db.close()
}

const quarantined = (): string[] => {
  const directory = join(path, '..', 'quarantine')
  return existsSync(directory) ? readdirSync(directory) : []
}

const DAMAGES: [name: string, reason: RegExp, damage: () => void][] = [
  [
    'nonsense',
    /^SQLite finds it damaged \(file is not a database\)$/,
    () => writeFileSync(path, 'no\n'.repeat(9_000)),
  ],
  ['cut short', /^SQLite finds it damaged \(.+\)$/, () => truncateSync(path, 8_192)],
  [
    'emptied',
    /^\d+ of the entries that had been written were not there, or not as they were written$/,
    () => truncateSync(path, 0),
  ],
  ['gone', /^it was gone$/, () => rmSync(path)],
  [
    'overwritten in the middle',
    /^SQLite finds it damaged \(.+\)$/,
    () => {
      const bytes = readFileSync(path)
      bytes.fill(0xa5, 4_096)
      writeFileSync(path, bytes)
    },
  ],
]

for (const [name, reason, damage] of DAMAGES) {
  test(`a journal that is ${name} is made anew from its copy, a release under way and the bars too`, () => {
    damage()
    const journal = reopened()
    assert.match(journal.restored?.reason ?? '', reason)
    assert.equal(journal.restored?.lost, 0)
    assert.equal(quarantined().length > 0, name !== 'gone')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const { id } = journal.create(draft({ slot: 'primary', from: 'secondary' }))
    assert.equal(id, 4)
    journal.close()
    const again = openJournal(path)
    assert.equal(again.restored, null)
    assert.equal(again.get(4)?.state, 'preparing')
    again.close()
  })
}

const TAMPERED: [what: string, change: string][] = [
  ['a letter of a bar', 'UPDATE bars SET event = replace(event, \'"type"\', \'"typo"\')'],
  ['half of a bar', 'UPDATE bars SET event = substr(event, 1, 40)'],
  ['a letter of an event', "UPDATE events SET event = replace(event, 'preflight', 'preflught')"],
  ['an event that is gone', "DELETE FROM events WHERE event LIKE '%switching%'"],
]

for (const [what, change] of TAMPERED) {
  test(`a journal in which ${what} differs is made anew from its copy`, () => {
    tamper(change)
    const journal = reopened()
    assert.match(journal.restored?.reason ?? '', /^\d of the entries that had been written were not there/)
    journal.close()
  })
}

const MISFOLDED = [
  'UPDATE releases SET body = replace(body, \'"live"\', \'"lhve"\')',
  'UPDATE releases SET body = substr(body, 1, 40)',
  "UPDATE releases SET state = 'lhve'",
  "UPDATE releases SET slot = 'primary'",
]

for (const change of MISFOLDED) {
  test(`what is kept of a release is made anew from its events after ${change}`, () => {
    tamper(change)
    const journal = reopened()
    assert.equal(journal.restored, null)
    assert.equal(journal.newestLive()?.id, 2)
    assert.equal(journal.holderOf('secondary')?.id, 2)
    journal.close()
  })
}

test('a line of the copy that is lost costs what came after it in its release, where the journal is lost too', () => {
  const lines = readFileSync(copyPath(path), 'utf8').split('\n')
  const second = lines.findIndex((line) => line.includes('"release":2') && line.includes('switching'))
  lines[second] = lines[second]?.replace('switching', 'swatching') ?? ''
  writeFileSync(copyPath(path), lines.join('\n'))
  rmSync(path)
  const journal = openJournal(path)
  assert.deepEqual([journal.restored?.reason, journal.restored?.lost], ['it was gone', 2])
  assert.deepEqual(
    [1, 2, 3].map((id) => journal.get(id)?.state),
    ['live', 'preparing', 'preparing'],
  )
  journal.close()
  const again = openJournal(path)
  assert.equal(again.restored, null)
  assert.equal(again.get(2)?.state, 'preparing')
  again.close()
})

test('a copy that can not be read keeps no sound journal from being opened', () => {
  rmSync(copyPath(path))
  mkdirSync(copyPath(path))
  reopened().close()
})

test('a journal that an old file was put in the place of gets back what it lacks', () => {
  const old = readFileSync(path)
  const journal = openJournal(path)
  journal.append(3, { type: 'step-ended', name: 'preflight', outcome: 'done', detail: null })
  whole = contentOf(journal)
  journal.close()
  writeFileSync(path, old)
  const restored = reopened()
  assert.equal(
    restored.restored?.reason,
    '1 of the entries that had been written were not there, or not as they were written',
  )
  restored.close()
})

test('a copy that is gone, cut short or ends in half a line is made whole from the journal', () => {
  const copy = copyPath(path)
  const sound = readFileSync(copy, 'utf8')
  const harms = [
    () => rmSync(copy),
    () => truncateSync(copy, 700),
    () => appendFileSync(copy, '{"table":"ev'),
  ]
  for (const harm of harms) {
    harm()
    const journal = reopened()
    assert.equal(journal.restored, null)
    journal.close()
    assert.equal(readFileSync(copy, 'utf8').split('\n').length, sound.split('\n').length)
    rmSync(path)
    reopened().close()
  }
})

test('a copy that goes while the journal is open is made anew with the next write', () => {
  const journal = openJournal(path)
  rmSync(copyPath(path))
  journal.append(3, { type: 'step-ended', name: 'preflight', outcome: 'done', detail: null })
  whole = contentOf(journal)
  journal.close()
  rmSync(path)
  reopened().close()
})

test('a journal that proves damaged while it is open says so to whoever can open it anew', () => {
  const seen: unknown[] = []
  const journal = openJournal(path, undefined, (cause) => seen.push(cause))
  // What it has in memory would answer for the file, until somebody else has written.
  const other = openJournal(path)
  other.append(3, { type: 'step-ended', name: 'preflight', outcome: 'done', detail: null })
  whole = contentOf(other)
  for (const file of [path, `${path}-wal`]) {
    const bytes = readFileSync(file)
    bytes.fill(0xa5, 100)
    writeFileSync(file, bytes)
  }
  assert.throws(() => journal.list({ before: null, limit: 100 }))
  assert.ok(seen.length > 0)
  reopened().close()
})

test('a kill between putting aside and putting in place leaves what the next opening needs', () => {
  rmSync(path)
  writeFileSync(`${path}-new`, 'half of it')
  const journal = reopened()
  assert.equal(journal.restored?.reason, 'it was gone')
  journal.close()
})
