import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draft, type Yard, yard } from '../../test/fixtures/yard.ts'
import { runRelease } from './engine.ts'
import type { Draft } from './journal-event.ts'
import { planRelease } from './plan.ts'
import { recover } from './recovery.ts'
import { type Runtime, UNRECORDED } from './runtime.ts'
import { startedBy } from './steps.ts'

const quiet = (): undefined => undefined
const soon = (): AbortSignal => AbortSignal.timeout(10_000)
const NOW: Runtime = { ...UNRECORDED, environment: 'c'.repeat(64) }

/** A rollback from release 2 in secondary to what release 1 left in primary, started anew with the environment of now. */
function renewed(): Draft {
  const given = draft({ verb: 'rollback', slot: 'primary', from: 'secondary' })
  const steps = planRelease({
    verb: 'rollback',
    slot: 'primary',
    from: 'secondary',
    source: 'standby',
    isRenewed: true,
  })
  const waiting = { state: 'waiting', startedAt: null, endedAt: null, detail: null } as const
  return { ...given, steps: steps.map((step) => ({ ...step, ...waiting })) }
}

async function run(system: Yard) {
  system.parts.runtimes.now = async () => NOW
  system.acts.length = 0
  const { id } = system.journal.create(renewed())
  return runRelease(system.parts, id, quiet, soon())
}

test('the standby is started anew with the environment of now, proved, and then gets the visitors', async () => {
  const system = await yard()
  const { id, state, runtime } = await run(system)
  assert.equal(state, 'live')
  assert.deepEqual(runtime, NOW)
  assert.deepEqual(system.acts, [
    'start primary shop:1 3 with cccc',
    'health primary 3 with its console',
    'env shop:1 shop:2 primary',
  ])
  assert.equal((await system.routing())?.live, 'primary')
  assert.equal(system.journal.holderOf('primary')?.id, id)
  assert.equal(startedBy(system.journal, system.journal.get(id) ?? assert.fail()), id)
  assert.equal(system.journal.freezes.inForce()?.release, id)
})

test('where it never becomes healthy the standby is put back as it was, and visitors have noticed nothing', async () => {
  const system = await yard()
  const { untilHealthy } = system.parts.health
  system.parts.health.untilHealthy = async (slot, expected, log, signal) => {
    if (expected.release === 3) throw new Error('it exits')
    return untilHealthy(slot, expected, log, signal)
  }
  const { state, error } = await run(system)
  assert.equal(state, 'failed')
  assert.equal(error?.needsAttention, undefined)
  const starts = system.acts.filter((act) => act.startsWith('start'))
  assert.deepEqual(starts, ['start primary shop:1 3 with cccc', 'start primary shop:1 1'])
  assert.equal((await system.routing())?.live, 'secondary')
  assert.equal(system.journal.holderOf('primary')?.id, 1)
})

test('one that was killed while it started goes back to the standby of before', async () => {
  const system = await yard()
  const { id } = system.journal.create(renewed())
  for (const name of ['preflight', 'drain', 'start'] as const) {
    system.journal.append(id, { type: 'step-started', name })
    if (name === 'start') {
      const start = { build: (await standbyBuild(system)) ?? assert.fail(), release: id, runtime: NOW }
      await system.parts.slots.start('primary', start, quiet, soon())
    } else system.journal.append(id, { type: 'step-ended', name, outcome: 'done', detail: null })
  }
  system.acts.length = 0
  const { state } = await recover(system.parts, system.journal.get(id) ?? assert.fail(), quiet)
  assert.equal(state, 'aborted')
  assert.ok(system.acts.includes('start primary shop:1 1'), system.acts.join())
})

const standbyBuild = async ({ journal }: Yard) => journal.holderOf('primary')?.build

test('a plain rollback has what the standby was started with, and says how that differs', async () => {
  const system = await yard()
  const change = { added: [], removed: ['B'], changed: ['A'] }
  system.parts.runtimes.change = async () => change
  const lines: string[] = []
  const { id } = system.journal.create(draft({ verb: 'rollback', slot: 'primary', from: 'secondary' }))
  await runRelease(system.parts, id, (_, text) => lines.push(text), soon())
  const release = system.journal.get(id)
  assert.deepEqual(
    [release?.state, release?.environmentChange, release?.runtime],
    ['live', change, UNRECORDED],
  )
  assert.ok(
    lines.includes('The environment is another than that of secondary: B is removed, A has another value.'),
    lines.join(),
  )
  assert.match(
    release?.steps.find(({ name }) => name === 'preflight')?.detail ?? '',
    /\. The environment is another than that of secondary: B is removed, A has another value\.$/,
  )
  assert.equal(system.journal.holderOf('primary')?.id, 1)
})
