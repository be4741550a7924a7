import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { findGroups, inRunningOrder } from './find-groups.ts'

const ENDED_WITHIN_MS = 30_000

test('every group has a title and a number of the report', async () => {
  const groups = await findGroups()
  assert.ok(groups.some(({ name }) => name === 'tiny-failures'))
  for (const { name, number, title } of groups) {
    assert.ok(Number.isInteger(number) && number > 0, name)
    assert.notEqual(title, '', name)
  }
})

test('what is measured without the whole system runs before it is brought up, each in the report’s order', async () => {
  const groups = await findGroups()
  const names = (all: typeof groups) => all.map(({ name }) => name)
  assert.deepEqual(names(inRunningOrder(groups)), [
    ...['tiny-failures', 'tiny-latency', 'tiny-throughput', 'traffic-log'],
    ...['real-failures', 'static-files', 'release-cost', 'visitors-view', 'unread-bodies'],
  ])
  const numbers = groups.map(({ number }) => number)
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  )
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
