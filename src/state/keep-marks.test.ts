import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openJournal } from './journal.ts'

const dir = mkdtempSync(join(tmpdir(), 'keep-marks-'))
after(() => rmSync(dir, { recursive: true }))

const ada = { kind: 'operator', name: 'Ada' } as const
const b7 = { deploymentId: 'b7-1a2b3c4', version: '1.4.0' }
const b8 = { deploymentId: 'b8-2b3c4d5', version: '1.5.0' }

test('a mark lasts until it is taken off, also in another process and in a journal that is made anew', () => {
  const path = join(dir, 'journal.db')
  const first = openJournal(path)
  const mark = first.keepMarks.keep(b7, 'The old checkout', ada)
  assert.deepEqual({ ...mark, at: '' }, { ...b7, reason: 'The old checkout', actor: ada, at: '' })
  first.keepMarks.keep(b8, null, ada)
  first.close()
  const second = openJournal(path)
  assert.deepEqual(
    second.keepMarks.list().map(({ version }) => version),
    ['1.5.0', '1.4.0'],
  )
  second.keepMarks.unkeep(b8.deploymentId, ada)
  assert.deepEqual(second.keepMarks.list(), [mark])
  second.close()
  rmSync(path)
  const anew = openJournal(path)
  assert.deepEqual(anew.keepMarks.list(), [mark])
  anew.close()
})
