import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { environmentStore } from '../state/environment/store.ts'
import { checkAppEnvironment } from './app-environment.ts'
import { SetupFailure } from './failure.ts'

const directory = mkdtempSync(join(tmpdir(), 'set-up-env-'))
after(() => rmSync(directory, { recursive: true }))

async function check(appEnv: string, applied: ReadonlyMap<string, string>): Promise<string[]> {
  writeFileSync(join(directory, 'app.env'), appEnv)
  const notes: string[] = []
  const progress = { note: (text: string) => void notes.push(text) }
  await checkAppEnvironment({ directory }, applied, progress)
  return notes
}

const WRONG = 'T="hunter2\n'

test('a first set-up stops at a line that no release could be started with', async () => {
  assert.deepEqual(await check('T=$2a$10$x\n', new Map()), [])
  await assert.rejects(check(WRONG, new Map()), (cause) => {
    if (!(cause instanceof SetupFailure)) return assert.fail()
    assert.equal(cause.what, 'app.env, line 1, T: its value has no closing ".')
    assert.equal(cause.next, 'Correct it as docs/environment.md describes, then run the command again.')
    return true
  })
})

test('a system that serves is brought up all the same', async () => {
  assert.deepEqual(await check(WRONG, new Map([['LIVE_SLOT', 'primary']])), [
    'app.env, line 1, T: its value has no closing ".\nReleases are refused until it is corrected; what runs is not concerned.',
  ])
})

test('what the next release will take up is told by name', async () => {
  const store = environmentStore(join(directory, 'state/environments'))
  const hash = await store.keep(
    new Map([
      ['A', '1'],
      ['B', '2'],
    ]),
  )
  const applied = new Map([
    ['LIVE_SLOT', 'secondary'],
    ['SECONDARY_ENVIRONMENT', `state/environments/${hash}.env`],
  ])
  assert.deepEqual(await check('B=2\nA=1\n', applied), [])
  assert.deepEqual(await check('A=hunter2\nC=3\n', applied), [
    'app.env has changed since the live release began: C is added, B is removed, A has another value. The next release takes it up.',
  ])
})
