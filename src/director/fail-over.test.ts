import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directorOver } from '../../test/fixtures/director-over.ts'
import { traffic } from '../../test/fixtures/traffic-counts.ts'
import { type Yard, yard } from '../../test/fixtures/yard.ts'
import type { TrafficCounts } from '../release/traffic-counts.ts'
import { takeLock } from '../state/lock.ts'
import { failOver } from './fail-over.ts'

/** A director that looks at a yard's live slot, secondary, by a clock that `pass` moves on. */
async function lookout({
  answered = traffic(),
  everyMs = 500,
}: {
  answered?: TrafficCounts
  everyMs?: number
} = {}) {
  const system = await yard()
  const director = directorOver(system)
  let nowMs = 0
  const { look, problem } = failOver({
    parts: system.parts,
    releases: director.verbs,
    trafficLog: { since: () => answered },
    limitMs: 5_000,
    nowMs: () => nowMs,
  })
  async function pass(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds * 1_000; passed += everyMs) {
      nowMs += everyMs
      await look()
    }
  }
  const live = async () => (await system.routing())?.live
  return { ...director, system, pass, problem, live }
}

const SILENCE = 'secondary is live and does not answer'

test('a live slot that stays silent loses the traffic to the standby, once, and deploys are frozen', async () => {
  const { system, pass, live, problem, post } = await lookout()
  system.says.secondary = null
  await pass(4)
  assert.equal(await live(), 'secondary')
  assert.equal(
    problem(),
    `${SILENCE}. primary is healthy: the director moves the traffic there when this has lasted 5 s.`,
  )
  await pass(3)
  assert.equal(await live(), 'primary')
  const release = system.journal.newestLive()
  const note = 'secondary was live and had not answered for 5 s; primary was healthy'
  assert.deepEqual(
    [release?.verb, release?.actor, release?.note],
    ['rollback', { kind: 'director', name: 'Fail-over' }, note],
  )
  const frozen = system.journal.freezes.inForce()
  assert.deepEqual([frozen?.cause, frozen?.release, frozen?.reason], ['fail-over', release?.id, note])
  assert.equal((await post('/v1/deploy', { source: { kind: 'tree' } })).status, 423)
  const routing = await system.routing()
  assert.deepEqual([routing?.up, routing?.pins], [['primary'], [{ deploymentId: 'b1', slot: 'primary' }]])
  await pass(10)
  assert.equal(problem(), null)
  assert.equal(system.journal.newestLive()?.id, release?.id)
})

test('a slot that comes up again is standby, and nothing moves back by itself', async () => {
  const { system, pass, live, status, settle } = await lookout()
  system.says.secondary = null
  await pass(7)
  await settle()
  const down = await status()
  assert.deepEqual(
    [down.slots.secondary.role, down.actions.rollback.reason],
    ['idle', 'secondary does not answer its status route.'],
  )
  system.says.secondary = 'operational'
  await settle()
  await pass(20)
  assert.equal(await live(), 'primary')
  assert.deepEqual((await system.routing())?.up, ['primary', 'secondary'])
  const up = await status()
  assert.deepEqual([up.slots.secondary.role, up.actions.rollback.allowed], ['standby', true])
})

test('there is no second fail-over before the freeze of the first is lifted', async () => {
  const { system, pass, live, problem, post } = await lookout()
  system.says.secondary = null
  await pass(7)
  system.says.secondary = 'operational'
  const now = await system.routing()
  if (now)
    await system.parts.traffic.write({ ...now, generation: now.generation + 1, up: ['primary', 'secondary'] })
  system.says.primary = null
  await pass(20)
  assert.equal(await live(), 'primary')
  assert.equal(
    problem(),
    'primary is live and does not answer. The director has moved the traffic once, and does so again only when somebody has lifted the freeze.',
  )
  await post('/v1/unfreeze', {})
  await pass(1)
  assert.equal(await live(), 'secondary')
})

test('where both are down the director says so and moves nothing', async () => {
  const { system, pass, live, problem } = await lookout()
  system.says.secondary = 'gone'
  system.says.primary = 'gone'
  await pass(30)
  assert.equal(await live(), 'secondary')
  assert.equal(
    problem(),
    `${SILENCE}, and there is nothing to move the traffic to: primary is not healthy either. The director moves nothing by itself.`,
  )
  assert.equal(system.journal.newestLive()?.id, 2)
})

const OVERLOADED = `${SILENCE}, and there is nothing to move the traffic to: primary is slow too, so this machine is overloaded. The director moves nothing by itself.`

async function isOverloaded(make: (system: Yard) => void): Promise<void> {
  const { system, pass, live, problem } = await lookout()
  make(system)
  await pass(30)
  assert.deepEqual([await live(), problem()], ['secondary', OVERLOADED])
  assert.equal(system.journal.newestLive()?.id, 2)
}

test('where both slots are silent, the machine is overloaded, which is said, and nothing moves', () =>
  isOverloaded(({ says }) => Object.assign(says, { secondary: null, primary: null })))

test('where the live slot is silent and the standby slow, the machine is overloaded, which is said, and nothing moves', () =>
  isOverloaded(({ says, latencyMs }) => {
    says.secondary = null
    latencyMs.primary = 1_400
  }))

test('a live slot that is gone loses the traffic to a standby that is slow', async () => {
  const { system, pass, live } = await lookout()
  system.says.secondary = 'gone'
  system.latencyMs.primary = 1_400
  await pass(7)
  assert.equal(await live(), 'primary')
})

test('a director that is held up itself moves nothing, and says so', async () => {
  const { pass, live, problem, system } = await lookout({ everyMs: 4_000 })
  system.says.secondary = null
  await pass(40)
  assert.deepEqual(
    [await live(), problem()],
    [
      'secondary',
      `${SILENCE}, and the director itself is held up: this machine is overloaded. The director moves nothing by itself.`,
    ],
  )
  system.says.secondary = 'operational'
  await pass(4)
  assert.equal(problem(), null)
})

test('a barred standby is no way out, nor is one that is out of reach', async () => {
  const barred = await lookout()
  await barred.post('/v1/bar', { build: 'b1', reason: 'A hole' })
  barred.system.says.secondary = null
  await barred.pass(10)
  assert.equal(await barred.live(), 'secondary')
  assert.match(
    barred.problem() ?? '',
    /to: 1\.0\.0 \(b1\) is barred by ada since .+ UTC: A hole\. The director moves/,
  )
})

for (const state of ['degraded', 'starting', 'draining'] as const) {
  test(`a slot that says that it is ${state} is not down`, async () => {
    const { system, pass, live, problem } = await lookout()
    system.says.secondary = state
    await pass(20)
    assert.deepEqual([await live(), problem()], ['secondary', null])
  })
}

test('a slot that still answers visitors is too busy, not down', async () => {
  const { system, pass, live, problem } = await lookout({ answered: traffic({ requests: 3 }) })
  system.says.secondary = null
  await pass(20)
  assert.equal(await live(), 'secondary')
  assert.equal(
    problem(),
    'secondary does not say how it is, but answers visitors, so the traffic stays with it.',
  )
})

for (const [what, statuses] of [
  ['errors', { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 20, '5xx': 300 }],
  ['streams that are cut', { '1xx': 4, '2xx': 5, '3xx': 0, '4xx': 0, '5xx': 0 }],
] as const) {
  test(`${what} are no answers to visitors`, async () => {
    const answered = { ...traffic(), statuses, streams: statuses['1xx'] + statuses['2xx'] }
    const { system, pass, live } = await lookout({ answered })
    system.says.secondary = null
    await pass(7)
    assert.equal(await live(), 'primary')
  })
}

test('a fail-over that did not go live is tried again only in the next outage', async () => {
  const { system, pass, live, problem } = await lookout()
  const { preflight } = system.parts
  const sentence = 'nginx has just gone.'
  system.parts.preflight = {
    run: async () => [{ code: 'nginx-unreachable', name: 'nginx', outcome: 'refused', sentence }],
  }
  system.says.secondary = null
  await pass(20)
  assert.equal(await live(), 'secondary')
  const [failed] = system.journal.list({ before: null, limit: 9 })
  assert.deepEqual([failed?.id, failed?.state], [3, 'failed'])
  assert.equal(
    problem(),
    `${SILENCE}. Release 3 was to move the traffic and did not go live; the director tries again only when secondary has answered.`,
  )
  assert.equal(system.journal.freezes.inForce(), null)
  system.parts.preflight = preflight
  system.says.secondary = 'operational'
  await pass(1)
  system.says.secondary = null
  await pass(7)
  assert.equal(await live(), 'primary')
})

test('where nginx does not confirm the move, visitors stay at the slot that is healthy', async () => {
  const { system, pass, live } = await lookout()
  system.says.secondary = null
  system.faults.confirm = new Error('no answer')
  await pass(7)
  assert.equal(await live(), 'primary')
  assert.equal(system.journal.freezes.inForce()?.cause, 'fail-over')
})

test('who holds the lock is waited for', async () => {
  const { system, pass, live, problem } = await lookout()
  const actor = { kind: 'host', name: 'bob' } as const
  const held = await takeLock(system.lockPath, {
    ...{ verb: 'set-up', release: null, actor },
    since: '2026-01-01T00:00:00.000Z',
  })
  system.says.secondary = null
  await pass(6)
  assert.equal(await live(), 'secondary')
  assert.equal(
    problem(),
    `${SILENCE}, and the traffic can't be moved: bob is busy with set-up since 2026-01-01 00:00:00 UTC.`,
  )
  held?.release()
  await pass(1)
  assert.equal(await live(), 'primary')
})

test('who moves the traffic while the director waits for an answer is not undone by a fail-over', async () => {
  const { system, pass, live, post, verbs } = await lookout()
  const { probe } = system.parts.health
  system.says.secondary = null
  await pass(5)
  system.parts.health.probe = async (slot, signal) => {
    const answer = probe(slot, signal)
    await answer.catch(() => undefined)
    system.parts.health.probe = probe
    assert.equal((await post('/v1/rollback', {})).status, 202)
    await verbs.settled()
    // Without its visitors it is well again.
    system.says.secondary = 'operational'
    return answer
  }
  await pass(1)
  await pass(20)
  assert.equal(await live(), 'primary')
  assert.equal(system.journal.newestLive()?.id, 3)
  assert.equal(system.journal.freezes.inForce()?.cause, 'rollback')
})
