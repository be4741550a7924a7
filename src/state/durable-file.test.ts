import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { replaceDurably } from './durable-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'durable-file-'))
after(() => rmSync(dir, { recursive: true }))

test('a file is replaced whole, with the rights that were asked for, and nothing is left beside it', async () => {
  const path = join(dir, 'key')
  writeFileSync(path, 'a longer text than the next one')
  chmodSync(path, 0o666)
  // Of a process that was killed.
  writeFileSync(`${path}.tmp`, 'half', { mode: 0o644 })
  await replaceDurably(path, 'secret\n', 0o600)
  assert.equal(readFileSync(path, 'utf8'), 'secret\n')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(dir), ['key'])
})

test('where the directory is missing the error names the path', async () => {
  await assert.rejects(replaceDurably(join(dir, 'gone', 'file'), ''), /ENOENT.*gone/)
})
