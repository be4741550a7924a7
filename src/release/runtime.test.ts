import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build, draft, yard } from '../../test/fixtures/yard.ts'
import { runRelease } from './engine.ts'
import { bringBackStandby, lostStandby } from './lost-standby.ts'
import { releaseSchema } from './release.ts'
import { type Runtime, UNRECORDED } from './runtime.ts'

const quiet = (): undefined => undefined
const soon = (): AbortSignal => AbortSignal.timeout(10_000)
const environment = (digit: string): Runtime => ({ ...UNRECORDED, environment: digit.repeat(64) })

/** As `yard`, with a third release in primary that ran with the environment `aaaa`. */
async function withEnvironment(): ReturnType<typeof yard> {
  const system = await yard()
  system.parts.runtimes.now = async () => environment('a')
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  await runRelease(system.parts, id, quiet, soon())
  system.parts.runtimes.now = async () => environment('b')
  return system
}

test('a deploy records what its slot is started with, and starts it with that', async () => {
  const { journal, acts } = await withEnvironment()
  assert.deepEqual(journal.get(3)?.runtime, environment('a'))
  assert.deepEqual(journal.replay(3).runtime, environment('a'))
  assert.ok(acts.includes('start primary shop:3 3 with aaaa'), acts.join())
})

test('a standby comes back with what it was started with, whatever the next one was to have', async () => {
  const system = await withEnvironment()
  const fourth = system.journal.create(draft({ slot: 'secondary', from: 'primary' }))
  await runRelease(system.parts, fourth.id, quiet, soon())
  system.acts.length = 0
  system.parts.assets.publish = async () => Promise.reject(new Error('no room'))
  const fifth = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const { state } = await runRelease(system.parts, fifth.id, quiet, soon())
  assert.equal(state, 'failed')
  const starts = system.acts.filter((act) => act.startsWith('start'))
  assert.deepEqual(starts, ['start primary shop:5 5 with bbbb', 'start primary shop:3 3 with aaaa'])
})

test('one that was started before any environment was recorded comes back without one', async () => {
  const system = await yard()
  system.parts.runtimes.now = async () => environment('b')
  system.parts.assets.publish = async () => Promise.reject(new Error('no room'))
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  await runRelease(system.parts, id, quiet, soon())
  const starts = system.acts.filter((act) => act.startsWith('start'))
  assert.deepEqual(starts, ['start primary shop:3 3 with bbbb', 'start primary shop:1 1'])
})

test('a lost standby is brought back with what it was started with', async () => {
  const system = await withEnvironment()
  await system.move('secondary', null)
  const { id } = system.journal.create(draft({ verb: 'rollback', slot: 'secondary', from: 'primary' }))
  system.journal.append(id, { type: 'switching' })
  system.journal.append(id, { type: 'live' })
  const now = await system.routing()
  if (!now) assert.fail()
  await system.parts.traffic.write({ ...now, generation: now.generation + 1, up: ['secondary'] })
  system.acts.length = 0
  const lost = await lostStandby(system.parts, soon())
  if (!lost) assert.fail()
  await bringBackStandby(system.parts, lost, quiet, soon())
  assert.ok(system.acts.includes('start primary shop:3 3 with aaaa'), system.acts.join())
})

test('a release of a journal from before has no runtime recorded', async () => {
  const { journal } = await yard()
  const { runtime: _, ...before } = journal.get(1) ?? assert.fail()
  assert.deepEqual(releaseSchema.parse(before).runtime, UNRECORDED)
  assert.deepEqual(releaseSchema.parse(before).build, build(1))
})
