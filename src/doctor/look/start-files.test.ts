import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { heldRelease, soundSight } from '../../../test/fixtures/seen.ts'
import { type Runtime, UNRECORDED } from '../../release/runtime.ts'
import { environmentStore } from '../../state/environment/store.ts'
import { preloadStore } from '../../state/preload/store.ts'
import type { JournalSight } from '../seen.ts'
import { lookAtStartFiles } from './start-files.ts'

const state = mkdtempSync(join(tmpdir(), 'start-files-'))
after(() => rmSync(state, { recursive: true }))

function journalWith(runtime: Runtime): JournalSight {
  const { journal } = soundSight()
  assert.ok(journal.kind === 'read')
  const primary = { ...heldRelease(1, 'primary', null), runtime }
  return { ...journal, holders: { ...journal.holders, primary } }
}

test('what a slot is started with is seen as it lies there, and comes back only as the very same', async () => {
  const environments = environmentStore(join(state, 'environments'))
  const environment = await environments.keep(new Map([['A', '1']]))
  const preload = await preloadStore(
    join(state, 'preload'),
    join(import.meta.dirname, '../../workload/preload'),
  ).keep()
  const look = async () => (await lookAtStartFiles(state, journalWith({ environment, preload })))[0]
  writeFileSync(
    join(state, 'preload/primary.env'),
    'NODE_OPTIONS="--require /run/switchyard-preload/main.cjs"\n',
  )
  const sound = {
    slot: 'primary',
    environment: { hash: environment, state: 'whole' },
    preload: { hash: preload, isThere: true },
    namesPreload: true,
  }
  assert.deepEqual(await look(), sound)

  const file = join(state, 'environments', `${environment}.env`)
  writeFileSync(file, 'A="2"\n')
  assert.equal((await look())?.environment?.state, 'damaged')
  rmSync(file)
  assert.equal((await look())?.environment?.state, 'lost')
  assert.equal(await environments.restore(environment, new Map([['A', '2']])), false)
  assert.equal((await look())?.environment?.state, 'lost')
  assert.equal(await environments.restore(environment, new Map([['A', '1']])), true)
  assert.deepEqual(await look(), sound)

  // As Docker makes it where there is none.
  rmSync(join(state, 'preload', preload), { recursive: true })
  mkdirSync(join(state, 'preload', preload))
  rmSync(join(state, 'preload/primary.env'))
  assert.deepEqual(await look(), {
    ...sound,
    preload: { hash: preload, isThere: false },
    namesPreload: false,
  })
  assert.deepEqual(readdirSync(join(state, 'environments')).toSorted(), [`${environment}.env`, 'key'])
})

test('a slot from before has nothing to be kept', async () => {
  const [primary] = await lookAtStartFiles(join(state, 'none'), journalWith(UNRECORDED))
  assert.deepEqual(primary, { slot: 'primary', environment: null, preload: null, namesPreload: false })
})
