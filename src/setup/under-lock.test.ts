import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { start } from '../../test/fixtures/command-line.ts'
import { takeLock } from '../state/lock.ts'
import { clock } from './clock.ts'
import { pathsOf } from './paths.ts'
import { underLock } from './under-lock.ts'

const directory = mkdtempSync(join(tmpdir(), 'switchyard-under-lock-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const paths = { ...pathsOf(directory), state: directory }
const lockFile = join(directory, 'deploy.lock')

test('whoever is at work is named with what and since when, and nothing runs', async () => {
  const since = '2026-03-02T14:30:00Z'
  const actor = { kind: 'operator', name: 'Ada' } as const
  const held = await takeLock(lockFile, { verb: 'deploy', release: 12, actor, since })
  try {
    const outcome = await underLock(paths, { user: 'root', verb: 'set-up' }, async () => 'ran')
    const busy = `The deploy (release 12) by Ada is under way since ${clock(since)}`
    assert.deepEqual(outcome, { busy })
  } finally {
    held?.release()
  }
})

test('while it runs others are told so, and afterwards nothing is left', async () => {
  const outcome = await underLock(paths, { user: 'ada', verb: 'set-up' }, async () => {
    const { verb, actor } = JSON.parse(readFileSync(`${lockFile}.json`, 'utf8'))
    return { verb, actor }
  })
  assert.deepEqual(outcome, { result: { verb: 'set-up', actor: { kind: 'host', name: 'ada' } } })
  assert.equal(existsSync(`${lockFile}.json`), false)
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends it, and leaves no word of it behind`, async () => {
    const module = join(import.meta.dirname, 'under-lock.ts')
    const program = `
      import { underLock } from ${JSON.stringify(module)}
      setInterval(() => {}, 1000)
      await underLock({ state: ${JSON.stringify(directory)} }, { user: 'ada', verb: 'set-up' }, () => {
        console.log('locked')
        return new Promise(() => {})
      })`
    const running = start(directory, [], [process.execPath, '--input-type=module', '-e', program])
    await running.untilShown('locked')
    assert.equal(existsSync(`${lockFile}.json`), true)
    running.kill(signal)
    const { exitCode } = await running.ended
    // Null: the signal itself ended it.
    assert.equal(exitCode, null)
    assert.equal(existsSync(`${lockFile}.json`), false)
  })
}
