import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { otherSlot, type Slot } from '../../src/release/slot.ts'
import { startLoad } from '../load/load.ts'
import { floodFrom as floodDirector } from './director-flood.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { addressNear, floodFrom, neighboursOf, reachedFrom } from './from-a-slot.ts'
import { gapsOf, liveBeats } from './live-beats.ts'
import { until } from './until.ts'

/** Longer than the default limit and the looks that it takes. */
const LONG_ENOUGH_MS = 9_000
const ATTACK_CONNECTIONS = 5_000
const ATTACK_MS = 8_000

const HTTP_PORT = 8560

let system: EngineSystem

before(async () => {
  system = await engineSystem({
    name: 'switchyard-fail-over',
    httpPort: HTTP_PORT,
    networkPrefix: '172.30.87',
    settings: { HEALTH_DEADLINE_SECONDS: '15', DRAIN_CAP_SECONDS: '1' },
  })
  await deployed('2.0.0')
})

after(async () => {
  await system.director.close()
  await system.sweep()
})

async function deployed(version: string): Promise<void> {
  const tag = await system.image(version)
  const { code, output } = await system.cli('deploy', '--image', tag)
  assert.equal(code, 0, output)
}

async function liveSlot(): Promise<Slot> {
  const { live } = (await system.status()).routing
  if (live === null) throw new Error('Nothing is live.')
  return live
}

const containerNames = async (service: string): Promise<string[]> =>
  [service, (await (await system.container(service)).inspect()).Name.slice(1)].toSorted()

const slotOf = (slot: Slot) => system.container(`runtime_${slot}`)

/** Kills what runs in a slot as a crash would: Docker starts it again, unless it was told not to. */
async function crash(slot: Slot): Promise<void> {
  const { State } = await (await slotOf(slot)).inspect()
  process.kill(State.Pid, 'SIGKILL')
}

/** Until nginx answers with `slot`; in milliseconds from now. */
async function firstAnswerOf(slot: Slot): Promise<number> {
  const startedMs = performance.now()
  return until(`${slot} answers visitors`, 30_000, async () =>
    (await system.served()).slot === slot ? performance.now() - startedMs : null,
  )
}

async function isStandby(slot: Slot): Promise<void> {
  await until(`${slot} stands by`, 30_000, async () => {
    const { slots, actions } = await system.status()
    return slots[slot].role === 'standby' && actions.rollback.allowed ? true : null
  })
}

/** That nothing is moved within a time in which it would be. */
async function staysAt(slot: Slot): Promise<void> {
  const [newest] = await system.history()
  await delay(LONG_ENOUGH_MS)
  assert.equal(await liveSlot(), slot)
  assert.equal((await system.history())[0]?.id, newest?.id)
  assert.equal((await system.status()).freeze, null)
}

test('a build that stands by reaches nothing of the live one, nginx and the director but what visitors do', async () => {
  const standby = otherSlot(await liveSlot())
  const seen = await reachedFrom(system, standby, await neighboursOf(system, standby))
  const nginx = await addressNear(system, standby, 'traffic_proxy')
  const reached = Object.entries(seen).filter(([, state]) => state !== 'no')
  assert.ok(Object.keys(seen).length > 40, JSON.stringify(seen))
  assert.deepEqual(new Set(reached.map(([, state]) => state)), new Set(['answers']))
  assert.deepEqual(reached.map(([target]) => target).toSorted(), [
    `${nginx}:8080`,
    ...(await containerNames('traffic_proxy')).map((name) => `${name}:8080`),
  ])
})

test('a build that stands by can not hurt the live one by thousands of connections', async () => {
  const live = await liveSlot()
  const [newest] = await system.history()
  const load = await startLoad({ url: system.url, ratePerSecond: 50, durationMs: 60_000 })
  const { NetworkSettings } = await (await slotOf(live)).inspect()
  for (const { IPAddress: host } of Object.values(NetworkSettings.Networks)) {
    const flood = { host, port: 3_000, count: ATTACK_CONNECTIONS, ms: ATTACK_MS }
    assert.equal(await floodFrom(system, otherSlot(live), flood), 0)
  }
  const report = await load.stop()
  console.log(`${report.sent} requests during the attack, p99 ${report.latencyMs.p99} ms`)
  assert.equal(report.failed, 0, JSON.stringify(report.failures.slice(0, 10)))
  assert.deepEqual([await liveSlot(), (await system.history())[0]?.id], [live, newest?.id])
})

test('a live slot that died loses the traffic within seconds, and machines may not deploy until the freeze is lifted', async () => {
  const dead = await liveSlot()
  const alive = otherSlot(dead)
  await (await slotOf(dead)).update({ RestartPolicy: { Name: 'no' } })
  await crash(dead)
  let [tookMs, servedMs] = [0, 0]
  const reigns = await liveBeats({ primary: HTTP_PORT + 1, secondary: HTTP_PORT + 2 }, async () => {
    tookMs = await firstAnswerOf(alive)
    servedMs = Date.now()
    await delay(500)
  })
  // What is dead does no work, and is told to be live until the traffic leaves it.
  gapsOf(reigns, LONG_ENOUGH_MS + 3_000)
  const last = reigns.at(-1)
  assert.equal(last?.slot, alive)
  assert.ok((last?.fromMs ?? 0) < servedMs + 100, 'the standby takes the work over with the traffic')
  console.log(`the standby answered ${(tookMs / 1_000).toFixed(1)} s after the live slot had died`)
  assert.ok(tookMs > 4_500 && tookMs < 12_000, `${tookMs} ms`)
  const [release] = await system.history()
  assert.equal((await system.ended(release?.id ?? 0)).state, 'live')
  assert.deepEqual(
    [release?.verb, release?.actor.kind, release?.note],
    ['rollback', 'director', `${dead} was live and had not answered for 5 s; ${alive} was healthy`],
  )
  const { freeze } = await system.status()
  assert.deepEqual([freeze?.cause, freeze?.release], ['fail-over', release?.id])

  const tag = await system.image('3.0.0')
  const refused = await system.cli('deploy', '--image', tag)
  assert.equal(refused.code, 77, refused.output)
  assert.match(refused.output, /, when the director moved the traffic by itself \(release \d+\): /)
  const status = await system.cli('status')
  assert.match(status.output, /^! Deploys by machines are frozen since /)
  assert.match(status.output, new RegExp(`Release ${release?.id}: fail-over to ${alive}, succeeded`))
  assert.equal((await system.cli('unfreeze')).code, 0)
  await deployed('3.0.0')
  assert.equal(await liveSlot(), dead)
  await isStandby(alive)
})

test('a slot that was lost is brought back as standby, and nothing moves back by itself, also where the other one floods the director', async () => {
  const dead = await liveSlot()
  const alive = otherSlot(dead)
  const flooded = floodDirector(system, alive, 15)
  await (await slotOf(dead)).stop({ t: 1 })
  const tookMs = await firstAnswerOf(alive)
  console.log(
    `the standby answered ${(tookMs / 1_000).toFixed(1)} s after the live slot had gone, in a flood`,
  )
  assert.ok(tookMs < 20_000, `${tookMs} ms`)
  await until('the fail-over is recorded', 10_000, async () => ((await system.status()).freeze ? true : null))
  await isStandby(dead)
  await delay(LONG_ENOUGH_MS)
  assert.equal(await liveSlot(), alive)
  const { pingMs } = await flooded
  assert.ok((pingMs[Math.floor(pingMs.length / 2)] ?? 0) < 250, 'the command line is answered meanwhile')
  assert.equal((await system.cli('unfreeze')).code, 0)
})

test('a slot that Docker starts again in time keeps the traffic, also where the director was paused meanwhile', async () => {
  const live = await liveSlot()
  await crash(live)
  await staysAt(live)
  const director = await system.container('director')
  await director.pause()
  try {
    await crash(live)
    await delay(LONG_ENOUGH_MS)
  } finally {
    await director.unpause()
  }
  await staysAt(live)
})

test('where both are down the director says so and moves nothing', async () => {
  const live = await liveSlot()
  const other = otherSlot(live)
  await Promise.all([live, other].map(async (slot) => (await slotOf(slot)).stop({ t: 1 })))
  await staysAt(live)
  const words = `${live} is live and does not answer, and there is nothing to move the traffic to: ${other} is not healthy either. The director moves nothing by itself.`
  // Three looks at two addresses without a host may take longer than what would have moved the traffic.
  await until('the director says so', 20_000, async () =>
    (await system.status()).failOver === words ? true : null,
  )
  const { code, output } = await system.cli('status')
  assert.deepEqual([code, output.includes(words)], [2, true], output)
  for (const slot of [live, other]) await (await slotOf(slot)).start()
  await isStandby(other)
  assert.equal((await system.served()).slot, live)
})

test('where it is off, nothing is moved', async () => {
  const up = await system.run(process.execPath, ['src/setup/main.ts', 'up', '--yes'], {
    FAILOVER_SECONDS: '0',
  })
  assert.equal(up.code, 0, up.output)
  const live = await liveSlot()
  await (await slotOf(live)).stop({ t: 1 })
  await staysAt(live)
  assert.equal((await system.status()).failOver, null)
  const { code, output } = await system.cli('rollback')
  assert.equal(code, 0, output)
})
