import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { findGroups } from './find-groups.ts'

const ENDED_WITHIN_MS = 30_000

test('every group has a title and a number of the report', async () => {
  const groups = await findGroups()
  assert.ok(groups.some(({ name }) => name === 'tiny-failures'))
  for (const { name, number, title } of groups) {
    assert.ok(Number.isInteger(number) && number > 0, name)
    assert.notEqual(title, '', name)
  }
})

test('finding the groups runs nothing: no word, no file, and the process ends, whatever its arguments', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sybench-import-'))
  try {
    const script = `const { findGroups } = await import(${JSON.stringify(join(import.meta.dirname, 'find-groups.ts'))}); await findGroups()`
    const argv = ['--input-type=module', '-e', script, '--', 'first', 'second']
    const child = spawn(process.execPath, argv, {
      cwd: dir,
      env: { ...process.env, TMPDIR: dir },
      timeout: ENDED_WITHIN_MS,
    })
    const [said, complained, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    assert.deepEqual({ code, said, complained }, { code: 0, said: '', complained: '' })
    assert.deepEqual(await readdir(dir), [])
  } finally {
    await rm(dir, { recursive: true })
  }
})
