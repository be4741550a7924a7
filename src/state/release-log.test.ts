import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
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

test('what is no whole line is left out, and those around it are shown', async () => {
  const logs = releaseLogs(dir)
  logs.append(3, 'build', 'before')
  const path = join(dir, 'release-000003.log')
  const cut = Buffer.from('{"at":"2026-01-01T00:00:00.000Z","step":"build","text":"caf\u00e9').subarray(0, -1)
  appendFileSync(path, Buffer.concat([Buffer.from('\n[]\n'), cut]))
  // As the director that is started after the one that was killed.
  releaseLogs(dir).append(3, 'start', 'after')
  const lines = await logs.read(3, 0)
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['before', 'after'],
  )
  assert.equal(lines.at(-1)?.offset, statSync(path).size)
  assert.deepEqual(
    (await logs.read(3, 5)).map(({ text }) => text),
    ['after'],
  )
})

test('a log that can not be written is said once, and the gap is told once it can', async (context) => {
  const said = context.mock.method(console, 'error', () => undefined)
  const path = join(dir, 'release-000004.log')
  const logs = releaseLogs(dir)
  mkdirSync(path)
  logs.append(4, 'build', 'lost')
  logs.append(4, 'build', 'lost too')
  rmSync(path, { recursive: true })
  logs.append(4, 'build', 'kept')
  const reason = `EISDIR: illegal operation on a directory, open '${path}'`
  assert.deepEqual(
    said.mock.calls.map((call) => call.arguments),
    [[`The log of release 4 can't be written: ${reason}.`]],
  )
  assert.deepEqual(
    (await logs.read(4, 0)).map(({ text }) => text),
    [`Lines are missing here: ${reason}.`, 'kept'],
  )
})
