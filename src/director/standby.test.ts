import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../test/engine/until.ts'
import { draft, type Yard, yard } from '../../test/fixtures/yard.ts'
import { runRelease } from '../release/engine.ts'
import { ReleaseError } from '../release/errors.ts'
import type { Actor } from '../release/release.ts'
import { takeLock } from '../state/lock.ts'
import { releaseChanges } from './changes.ts'
import { releases } from './releases.ts'
import { settling } from './settling.ts'
import { standbyKeeper } from './standby.ts'

const ada: Actor = { kind: 'host', name: 'ada' }

function over({ parts, lockPath }: Yard, pausesMs?: readonly number[]) {
  const lines: string[] = []
  const log = (_release: number, text: string) => lines.push(text)
  const keeper = standbyKeeper({ parts, lockPath, log, ...(pausesMs && { pausesMs }) })
  const script = { read: async () => null, forget: async () => undefined }
  return { keeper, lines, left: settling({ parts, lockPath, log, script }) }
}

/** A deploy to primary whose Docker is gone from its start step on, and back when it has ended. */
async function loseStandby(system: Yard): Promise<void> {
  const { slots } = system.parts
  const { stop } = slots
  const gone = async (): Promise<never> => {
    system.parts.slots = { ...slots, inspect: gone, start: gone, stop: gone }
    throw new ReleaseError('docker-unreachable', { reason: 'nothing answers' })
  }
  system.parts.slots = { ...slots, start: gone }
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const release = await runRelease(system.parts, id, () => undefined, AbortSignal.timeout(10_000))
  assert.equal(release.state, 'failed')
  assert.match(
    release.error?.live ?? '',
    /so there is no rollback for now: Docker can't be reached: nothing answers\. The director tries again\.$/,
  )
  system.parts.slots = slots
  await stop('primary', () => undefined, AbortSignal.timeout(1_000))
  system.says.primary = null
  system.acts.length = 0
}

test('a standby that was lost with Docker is brought back once Docker is, and is in reach again', async () => {
  const system = await yard()
  await loseStandby(system)
  const { keeper, left, lines } = over(system)
  await keeper.now()
  assert.deepEqual(system.acts, ['start primary shop:1 1'])
  await left.now()
  assert.deepEqual((await system.routing())?.up, ['primary', 'secondary'])
  assert.deepEqual(lines, ['1.0.0 is started in primary again; it is standby once it answers.'])
  await keeper.now()
  assert.equal(system.acts.filter((act) => act.startsWith('start')).length, 1)
})

test('one that can not be brought back is tried again, less and less often, and said once', async () => {
  const system = await yard()
  await loseStandby(system)
  system.faults.start = new ReleaseError('start-failed', { slot: 'primary', reason: 'the disk is full' })
  const { keeper, lines } = over(system, [1, 200])
  await keeper.now()
  await until('it is tried twice', 5_000, async () => {
    await keeper.now()
    return system.acts.length === 2 ? true : null
  })
  await keeper.now()
  assert.equal(system.acts.length, 2)
  assert.deepEqual(lines, [
    '1.0.0 could not be brought back to primary: The primary slot could not be started: the disk is full. The director tries again every few minutes.',
  ])
  delete system.faults.start
  await until('it is back', 5_000, async () => {
    await keeper.now()
    return system.says.primary
  })
})

test('a standby that a hand has stopped stays stopped', async () => {
  const system = await yard()
  await system.parts.slots.stop('primary', () => undefined, AbortSignal.timeout(1_000))
  system.says.primary = null
  const { keeper, left } = over(system)
  await left.now()
  system.acts.length = 0
  await keeper.now()
  assert.deepEqual(system.acts, [])
})

test('a barred build is not brought back', async () => {
  const system = await yard()
  await loseStandby(system)
  system.journal.bars.bar({ deploymentId: 'b1', version: '1.0.0' }, null, ada)
  await over(system).keeper.now()
  assert.deepEqual(system.acts, [])
})

test('one that Docker is starting is waited for, and one that hangs is started anew', async () => {
  const system = await yard()
  await loseStandby(system)
  const { inspect } = system.parts.slots
  const since = async (minutes: number): Promise<void> => {
    const startedAt = new Date(Date.now() - minutes * 60_000).toISOString()
    system.parts.slots.inspect = async (slot, signal) => {
      const container = await inspect('secondary', signal)
      return container && { ...container, startedAt, release: slot === 'primary' ? 1 : 2 }
    }
  }
  const { keeper } = over(system)
  await since(1)
  await keeper.now()
  await since(10)
  system.parts.settings.healthDeadlineMs = 20 * 60_000
  await keeper.now()
  assert.deepEqual(system.acts, [])
  system.parts.settings.healthDeadlineMs = 60_000
  await keeper.now()
  assert.deepEqual(system.acts, ['stop primary', 'start primary shop:1 1'])
})

test('whoever holds the lock is not disturbed', async () => {
  const system = await yard()
  await loseStandby(system)
  const held = await takeLock(system.lockPath, { verb: 'rollback', release: null, actor: ada, since: '' })
  const { keeper } = over(system)
  await keeper.now()
  assert.deepEqual(system.acts, [])
  held?.release()
  await keeper.now()
  assert.deepEqual(system.acts, ['start primary shop:1 1'])
})

test('a deploy does not wait until compose has brought the standby back', async () => {
  const system = await yard()
  await loseStandby(system)
  const { start } = system.parts.slots
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>()
  system.parts.slots.start = async (...given) => {
    asked()
    const signal = given[3]
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  const { keeper, left, lines } = over(system)
  const trying = keeper.now()
  await isAsked
  system.parts.slots.start = start
  const verbs = releases({
    parts: system.parts,
    logs: { append: () => undefined, read: async () => [] },
    changes: releaseChanges(),
    lockPath: system.lockPath,
    settle: left.underLock,
    makeWay: keeper.makeWay,
  })
  const { id } = await verbs.deploy({ source: { kind: 'tree' }, label: null, note: null }, ada)
  await verbs.settled()
  await trying
  assert.equal(system.journal.get(id)?.state, 'live')
  assert.deepEqual(lines, [])
})
