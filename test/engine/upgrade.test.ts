import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sessionsSchema } from '../../src/director/operators-protocol.ts'
import type { Slot } from '../../src/release/slot.ts'
import { type Load, startLoad } from '../load/load.ts'
import { formerVersion, pullWorkingTree } from '../system/system.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { addressNear, neighboursOf, reachedFrom } from './from-a-slot.ts'
import { until } from './until.ts'
import { ADA, asConsole, firstOperator, whatIsLeft } from './what-is-left.ts'

const LOAD = { ratePerSecond: 120, durationMs: 900_000 } as const
const VERSIONS = ['2.0.0', '3.0.0', '4.0.0', '5.0.0']
const SETTINGS_FILE = 'KEEP_BUILDS=4\nSLOT_MEMORY=300m\n'
const APP_FILE = 'GREETING=hello\n'
const JOINED = /Both slots are on the network switchyard-upgrade_switchyard/

let system: EngineSystem
let load: Load
let cookie = ''
const commit = formerVersion()

/** Where the time of the slowest test goes. */
const parts: string[] = []
async function part<T>(name: string, work: () => Promise<T>): Promise<T> {
  const beganMs = performance.now()
  const made = await work()
  parts.push(`${name} ${((performance.now() - beganMs) / 1_000).toFixed(1)} s`)
  return made
}

before(async () => {
  console.log(`The version before this one: ${commit}`)
  system = await part('the system of before', () =>
    engineSystem({
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
      beforeSetUp: async ({ dir }) => {
        writeFileSync(join(dir, 'switchyard.env'), SETTINGS_FILE)
        writeFileSync(join(dir, 'app.env'), APP_FILE)
      },
    }),
  )
  await part('images', () => Promise.all(VERSIONS.map((version) => system.image(version))))
  await part('its releases', async () => {
    await deployed('2.0.0')
    await deployed('3.0.0')
    await spoken('keep', '1-0-0', '--reason', 'It was the first')
  })
  cookie = await firstOperator(system)
  load = await startLoad({
    ...LOAD,
    url: system.url,
    getPaths: ['/', '/api/system/status', '/_next/static/chunks/fixture-2-0-0.js?dpl=2-0-0'],
  })
})

after(async () => {
  await load?.stop()
  await system.director.close()
  await part('the end', () => system.sweep())
  console.log(`Where the time went: ${parts.join(', ')}.`)
})

const SERVICES = ['runtime_primary', 'runtime_secondary', 'traffic_proxy'] as const

/** By the command of the tree that lies there at the time, old or new. */
async function spoken(...args: string[]): Promise<string> {
  const { code, output, stdout } = await system.cli(...args)
  assert.equal(code, 0, output)
  return stdout
}

const imageOf = (version: string): string => `${system.name}-slot:${version}`

async function deployed(version: string): Promise<void> {
  await spoken('deploy', '--image', imageOf(version), '--despite-freeze')
}

const runs = async () =>
  Promise.all(
    SERVICES.map(async (service) => {
      const { Id, State } = await (await system.container(service)).inspect()
      return { service, id: Id, startedAt: State.StartedAt }
    }),
  )

async function moreVisitors(): Promise<void> {
  const sent = load.sentSoFar()
  await until('visitors go on', 10_000, async () => (load.sentSoFar() > sent + 200 ? true : null))
}

async function noneFailed(): Promise<void> {
  const report = await load.stop()
  console.log(`${report.sent} requests, p99 ${report.latencyMs.p99} ms`)
  assert.equal(report.failed, 0, JSON.stringify(report.failures.slice(0, 10)))
}

test('between `git pull` and `npm run up` a release is refused in plain words, and the way back is open', async () => {
  await moreVisitors()
  const before = await runs()
  pullWorkingTree(system)
  const tooEarly = await system.cli('deploy', '--image', imageOf('4.0.0'), '--despite-freeze')
  assert.equal(tooEarly.code, 1, tooEarly.output)
  assert.match(tooEarly.output, /What-was-pulled-is-not-applied-yet\.Run-npm-run-up-first: invalid/)
  assert.deepEqual(await runs(), before)
  await spoken('rollback')
  assert.equal((await system.served()).version, '2.0.0')
  await spoken('bar', '3-0-0', '--reason', 'It was wrong')
})

test('an update by `git pull` and `npm run up` loses no request and nothing that was left, and makes no slot and no nginx anew', async () => {
  const [before, leftBefore] = [await runs(), await whatIsLeft(system)]
  const { code, output } = await part('the update', () =>
    system.run(process.execPath, ['src/setup/main.ts', 'up', '--yes']),
  )
  assert.equal(code, 0, output)
  assert.match((await system.cli('doctor')).output, JOINED)
  await moreVisitors()
  assert.deepEqual(await runs(), before)
  assert.deepEqual(await whatIsLeft(system), leftBefore)
  assert.match(String(leftBefore.whyKept), /^root keeps it .*: It was the first\.$/)
  assert.ok(existsSync(join(system.dir, 'state/assets/1-0-0')))
})

test('operators are signed in as they were, and sign in to the same account', async () => {
  const signedIn = await asConsole(system, '/v1/auth/sign-in/email', {
    email: ADA.email,
    password: ADA.password,
  })
  for (const sent of [cookie, signedIn.cookie]) {
    const { seen } = await asConsole(system, '/v1/session', null, sent)
    assert.deepEqual(seen, { operator: { name: ADA.name, email: ADA.email }, isSetUp: true })
  }
  const { sessions } = sessionsSchema.parse(JSON.parse(await spoken('sessions', '--json')))
  assert.deepEqual(
    sessions.map(({ email }) => email),
    [ADA.email, ADA.email],
  )
})

test('`./rollback.sh` moves the traffic of an updated system', async () => {
  await spoken('unbar', '3-0-0')
  const { code, output } = await part('rollback.sh', () => system.run('./rollback.sh', []))
  assert.equal(code, 0, output)
  assert.equal((await system.served()).version, '3.0.0')
  await until('the director has taken notice', 10_000, async () =>
    (await system.history())[0]?.recovery?.startsWith('Rolled back by ./rollback.sh') ? true : null,
  )
  await moreVisitors()
})

test('releases and a rollback go on, each slot to its own network, and then no build reaches its neighbour', async () => {
  await part('two releases', async () => {
    await deployed('4.0.0')
    assert.doesNotMatch((await system.cli('doctor')).output, JOINED)
    await deployed('5.0.0')
  })
  assert.deepEqual(await networksOf('runtime_primary'), [`${system.name}_to_primary`])
  assert.deepEqual(await networksOf('runtime_secondary'), [`${system.name}_to_secondary`])
  await spoken('rollback')
  assert.equal((await system.served()).version, '4.0.0')
  await noneFailed()
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
