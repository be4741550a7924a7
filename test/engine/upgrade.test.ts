import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Slot } from '../../src/release/slot.ts'
import { type Load, startLoad } from '../load/load.ts'
import { formerVersion, pullWorkingTree } from '../system/system.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { addressNear, neighboursOf, reachedFrom } from './from-a-slot.ts'
import { until } from './until.ts'

const LOAD = { ratePerSecond: 120, durationMs: 300_000 } as const

let system: EngineSystem
let load: Load
const JOINED = /Both slots are on the network switchyard-upgrade_switchyard/
const commit = formerVersion()

before(async () => {
  console.log(`The version before this one: ${commit}`)
  system = await engineSystem({
    name: 'switchyard-upgrade',
    httpPort: 8580,
    networkPrefix: '172.30.200',
    settings: {
      HEALTH_DEADLINE_SECONDS: '15',
      DRAIN_CAP_SECONDS: '1',
      // Set-up has to find them.
      PRIMARY_NETWORK_PREFIX: '',
      SECONDARY_NETWORK_PREFIX: '',
    },
    commit,
  })
  await deployed('2.0.0')
  await deployed('3.0.0')
  await spoken('rollback')
  await spoken('bar', '3-0-0', '--reason', 'It was wrong')
  load = await startLoad({
    ...LOAD,
    url: system.url,
    getPaths: ['/', '/api/system/status', '/_next/static/chunks/fixture-2-0-0.js'],
  })
})

after(async () => {
  await load?.stop()
  await system.director.close()
  await system.sweep()
})

const SERVICES = ['runtime_primary', 'runtime_secondary', 'traffic_proxy'] as const

/** By the command of the tree that lies there at the time, old or new. */
async function spoken(...args: string[]): Promise<string> {
  const { code, output, stdout } = await system.cli(...args)
  assert.equal(code, 0, output)
  return stdout
}

async function deployed(version: string): Promise<void> {
  await spoken('deploy', '--image', await system.image(version), '--despite-freeze')
}

const runs = async () =>
  Promise.all(
    SERVICES.map(async (service) => {
      const { Id, State } = await (await system.container(service)).inspect()
      return { service, id: Id, startedAt: State.StartedAt }
    }),
  )

test('an update by `git pull` and `npm run up` loses no request and makes no slot and no nginx anew', async () => {
  await until('visitors are there', 10_000, async () => (load.sentSoFar() > 200 ? true : null))
  const before = await runs()
  const image = await system.image('4.0.0')
  pullWorkingTree(system)
  const tooEarly = await system.cli('deploy', '--image', image, '--despite-freeze')
  assert.equal(tooEarly.code, 1, tooEarly.output)
  assert.match(tooEarly.output, /Compose refuses it: .*invalid duration/)
  assert.deepEqual(await runs(), before)
  const history = (await system.history()).map(({ id, state }) => ({ id, state }))
  const { code, output } = await system.run(process.execPath, ['src/setup/main.ts', 'up', '--yes'])
  assert.equal(code, 0, output)
  assert.match((await system.cli('doctor')).output, JOINED)
  const sent = load.sentSoFar()
  await until('visitors go on', 10_000, async () => (load.sentSoFar() > sent + 200 ? true : null))
  assert.deepEqual(await runs(), before)
  assert.deepEqual(
    (await system.history()).map(({ id, state }) => ({ id, state })),
    history,
  )
  assert.ok(existsSync(join(system.dir, 'state/assets/1-0-0')))
  const report = await load.stop()
  console.log(`${report.sent} requests, p99 ${report.latencyMs.p99} ms`)
  assert.equal(report.failed, 0, JSON.stringify(report.failures.slice(0, 10)))
})

test('releases and a rollback go on, each slot to its own network, and then no build reaches its neighbour', async () => {
  await deployed('4.0.0')
  assert.doesNotMatch((await system.cli('doctor')).output, JOINED)
  await deployed('5.0.0')
  assert.deepEqual(await networksOf('runtime_primary'), [`${system.name}_to_primary`])
  assert.deepEqual(await networksOf('runtime_secondary'), [`${system.name}_to_secondary`])
  await spoken('rollback')
  assert.equal((await system.served()).version, '4.0.0')
  await isolated('primary')
  await isolated('secondary')
})

const networksOf = async (service: string): Promise<string[]> =>
  Object.keys((await (await system.container(service)).inspect()).NetworkSettings.Networks)

/** nginx's container is of before, and its health check asks at what was the internal port: others get no answer there. */
async function isolated(slot: Slot): Promise<void> {
  const seen = await reachedFrom(system, slot, await neighboursOf(system, slot))
  const reached = Object.entries(seen).filter(([, state]) => state !== 'no')
  const nginx = await addressNear(system, slot, 'traffic_proxy')
  assert.deepEqual(
    reached.filter(([target]) => target.startsWith(nginx)),
    [
      [`${nginx}:8080`, 'answers'],
      [`${nginx}:8081`, 'open'],
    ],
  )
  assert.equal(reached.filter(([target]) => !/:808[01]$/.test(target)).length, 0, JSON.stringify(reached))
}
