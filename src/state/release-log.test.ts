import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { releaseLogs } from './release-log.ts'

const dir = mkdtempSync(join(tmpdir(), 'logs-'))
after(() => rmSync(dir, { recursive: true }))

test('a log can be followed from any line', async () => {
  const logs = releaseLogs(dir)
  logs.append(1, 'build', 'one\ntwo')
  const [first] = await logs.read(1, 0)
  assert.equal(first?.text, 'one')
  logs.append(1, 'start', 'three')
  const rest = await logs.read(1, first?.offset ?? 0)
  assert.deepEqual(
    rest.map(({ step, text }) => [step, text]),
    [
      ['build', 'two'],
      ['start', 'three'],
    ],
  )
  assert.deepEqual(await logs.read(1, rest.at(-1)?.offset ?? 0), [])
})

test('colours and control characters of a build do not reach the screen', async () => {
  const logs = releaseLogs(dir)
  logs.append(2, 'build', '\u001b[31mred\u001b[0m\u0007 \u001b]0;title')
  assert.deepEqual(
    (await logs.read(2, 0)).map(({ text }) => text),
    ['red ]0;title'],
  )
})

test('a release without a log has no lines', async () => {
  assert.deepEqual(await releaseLogs(dir).read(99, 0), [])
})
