import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openJournal } from './journal.ts'

const dir = mkdtempSync(join(tmpdir(), 'bars-'))
after(() => rmSync(dir, { recursive: true }))

let count = 0
const freshPath = (): string => join(dir, `${++count}.db`)

const ada = { kind: 'operator', name: 'Ada' } as const
const root = { kind: 'host', name: 'root' } as const
const b7 = { deploymentId: 'b7-1a2b3c4', version: '1.4.0' }
const b8 = { deploymentId: 'b8-2b3c4d5', version: '1.5.0' }

test('a bar is kept with who, when and why until it is taken away, also by another process', () => {
  const path = freshPath()
  const first = openJournal(path)
  const bar = first.bars.bar(b7, 'CVE-2026-1234', ada)
  assert.deepEqual({ ...bar, at: '' }, { ...b7, reason: 'CVE-2026-1234', actor: ada, at: '' })
  assert.ok(Math.abs(Date.now() - Date.parse(bar.at)) < 5_000)
  first.bars.bar(b8, null, root)
  first.close()
  const second = openJournal(path)
  assert.deepEqual(
    second.bars.list().map(({ version }) => version),
    ['1.5.0', '1.4.0'],
  )
  assert.deepEqual(second.bars.list().at(-1), bar)
  second.bars.unbar(b8.deploymentId, root)
  assert.deepEqual(second.bars.list(), [bar])
  second.bars.unbar(b7.deploymentId, root)
  const again = second.bars.bar(b7, null, root)
  assert.deepEqual(second.bars.list(), [again])
  second.close()
})

test('what was barred and unbarred, and by whom, is never forgotten', () => {
  const path = freshPath()
  const journal = openJournal(path)
  journal.bars.bar(b7, null, ada)
  journal.bars.unbar(b7.deploymentId, root)
  journal.close()
  const db = new DatabaseSync(path)
  const events = db
    .prepare('SELECT event FROM bars ORDER BY seq')
    .all()
    .map(({ event }) => JSON.parse(String(event)))
  db.close()
  assert.deepEqual(
    events.map(({ type, bar, actor }) => [type, (bar?.actor ?? actor).name]),
    [
      ['barred', 'Ada'],
      ['unbarred', 'root'],
    ],
  )
})

test('a bar that was acknowledged outlives a kill -9 of whoever made it', () => {
  const path = freshPath()
  const journal = join(import.meta.dirname, 'journal.ts')
  const program = `
    import { openJournal } from ${JSON.stringify(journal)}
    openJournal(${JSON.stringify(path)}).bars.bar(${JSON.stringify(b7)}, null, ${JSON.stringify(ada)})
    process.kill(process.pid, 'SIGKILL')`
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program])
  assert.equal(signal, 'SIGKILL')
  const reopened = openJournal(path)
  assert.deepEqual(
    reopened.bars.list().map(({ deploymentId }) => deploymentId),
    [b7.deploymentId],
  )
  reopened.close()
})
