import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Load, startLoad } from '../load/load.ts'
import { type PrivateDocker, privateDocker } from '../system/private-docker.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { until } from './until.ts'

const NAME = 'switchyard-dockerless'
const STOPPED = "Docker can't be reached: nothing answers on /var/run/docker.sock."
const START_DOCKER = 'Start the Docker daemon, then try again.'
const BACK_DEADLINE_MS = 30_000

let rig: PrivateDocker
let system: EngineSystem
let load: Load

before(async () => {
  rig = await privateDocker({ name: NAME, subnet: '198.18.86' })
  system = await engineSystem({
    name: NAME,
    httpPort: 8500,
    networkPrefix: '172.30.86',
    settings: { HEALTH_DEADLINE_SECONDS: '12', DRAIN_CAP_SECONDS: '3' },
    place: rig.place,
    beforeSetUp: rig.bringImages,
  })
  await system.image('3.0.0')
  assert.equal((await deployed('2.0.0')).state, 'live')
  load = await startLoad({ url: system.url, ratePerSecond: 50, durationMs: 5 * 60_000, postPath: '/echo' })
})

after(async () => {
  await load?.stop()
  await system?.director.close()
  await rig?.end()
})

const image = (version: string) => `${NAME}-slot:${version}`

async function deployed(version: string) {
  const source = { kind: 'image' as const, image: await system.image(version), hasConsole: true }
  return system.ended((await system.deploy(source)).id)
}

async function isLive(slot: string, version: string): Promise<void> {
  const served = await system.served()
  assert.deepEqual([served.slot, served.version], [slot, version])
}

/** What the director saw a moment before may be told for a second more. */
async function killDocker(): Promise<void> {
  await rig.killDaemon()
  await until('the director notices', 5_000, async () =>
    (await system.status()).docker.problem === null ? null : true,
  )
}

/** Docker is back, and everything may be done again. */
async function isSound(): Promise<void> {
  await until('the status is sound', BACK_DEADLINE_MS, async () => {
    const { docker, routing, actions } = await system.status()
    const problems = [docker.problem, routing.problem, actions.deploy.reason, actions.rollback.reason]
    return problems.every((problem) => problem === null) ? true : null
  })
  const { code, output } = await system.cli('status')
  assert.equal(code, 0, output)
}

test('the status of a system whose Docker was killed says so, and shows both slots as they answer', async () => {
  await killDocker()
  const { code, output } = await system.cli('status')
  assert.equal(code, 69, output)
  const [headline] = output.split('\n')
  assert.equal(
    headline,
    `${NAME}: visitors get 2.0.0 from the secondary slot. A rollback would bring back 1.0.0.`,
  )
  assert.ok(output.endsWith(`\n${STOPPED}\n`), output)
  const { slots, actions } = await system.status()
  assert.deepEqual(
    [slots.primary, slots.secondary].map(({ role, health, version }) => [role, health.state, version]),
    [
      ['standby', 'operational', '1.0.0'],
      ['live', 'operational', '2.0.0'],
    ],
  )
  assert.deepEqual(actions.deploy, { allowed: false, reason: STOPPED })
  assert.deepEqual(actions.reload, { allowed: false, reason: STOPPED })
  assert.deepEqual(actions.rollback, { allowed: true, reason: null })
})

for (const source of [['--image', image('3.0.0')], []]) {
  test(`deploy ${source[0] ?? 'of the working tree'} is refused while Docker is stopped, with what to do`, async () => {
    const { code, output } = await system.cli('deploy', ...source)
    assert.equal(code, 69, output)
    const sentences = [STOPPED, 'Visitors get 2.0.0 from the secondary slot, as before.', START_DOCKER]
    assert.ok(output.endsWith(`\n\n${sentences.join('\n')}\n`), output)
    const [release] = await system.history()
    assert.deepEqual([release?.state, release?.error?.code], ['failed', 'docker-unreachable'])
    assert.deepEqual(
      release?.steps.map(({ state }) => state),
      release?.steps.map(({ name }) => (name === 'preflight' ? 'failed' : 'waiting')),
    )
    await isLive('secondary', '2.0.0')
  })
}

test('a dry run names the stopped Docker once and ends as the deploy would', async () => {
  const { code, output } = await system.cli('deploy', '--image', image('3.0.0'), '--dry-run')
  assert.equal(code, 69, output)
  const [, findings] = output.split('\n\n')
  assert.equal(findings, `✗ ${STOPPED}\n✓ The routing is as the last release left it.`)
  assert.ok(output.endsWith('\nIt could not start now. Nothing was changed.\n'), output)
})

test("a slot's log can't be read while Docker is stopped, and nginx can't be reloaded", async () => {
  const log = await system.cli('logs', 'primary')
  assert.deepEqual([log.code, log.output.split('\n')[0]], [69, STOPPED])
  const reload = await system.cli('reload')
  assert.equal(reload.code, 69)
  assert.match(reload.output, /^Docker can't be reached: .+\.\n/)
  assert.ok(reload.output.endsWith(`\n${START_DOCKER}\n`), reload.output)
})

test('a rollback needs no Docker', async () => {
  const preview = await system.cli('rollback', '--dry-run')
  assert.equal(preview.code, 0, preview.output)
  const { code, output } = await system.cli('rollback')
  assert.equal(code, 0, output)
  assert.match(
    output,
    /\nRelease 5 is live after \d+ ms: visitors get 1\.0\.0 again, from the primary slot\.\nDeploys by machines are frozen from now on, /,
  )
  await isLive('primary', '1.0.0')
})

test('./rollback.sh needs no Docker either, though the ports on loopback went with its daemon', async () => {
  const { code, output } = await system.run('./rollback.sh', [])
  assert.equal(code, 0, output)
  assert.equal(
    output,
    'Moving the traffic from primary to secondary (release 2).\n' +
      'Done: nginx serves secondary, release 2 (generation 5). The director takes notice of it.\n',
  )
  await isLive('secondary', '2.0.0')
  await until('the director took it over', 10_000, async () => {
    const [newest] = await system.history()
    return newest?.recovery?.startsWith('Rolled back by ./rollback.sh') ? true : null
  })
})

test('no visitor noticed that Docker was killed', async () => {
  const report = await load.stop()
  console.log(`${report.sent} requests without Docker, ${report.failed} failed`)
  assert.deepEqual(report.failures, [])
  assert.deepEqual(Object.keys(report.byServed).toSorted(), ['primary', 'secondary'])
  assert.ok(report.sent >= 200, `${report.sent} requests`)
})

test('Docker started again brings everything back, and what was refused works', async () => {
  const startedMs = performance.now()
  await rig.startDaemon()
  await isSound()
  console.log(`sound ${((performance.now() - startedMs) / 1000).toFixed(1)} s after Docker was started`)
  await isLive('secondary', '2.0.0')
  const release = await deployed('3.0.0')
  assert.equal(release.state, 'live', JSON.stringify(release.error))
  await isLive('primary', '3.0.0')
  assert.equal((await system.ended((await system.rollback()).id)).state, 'live')
  await isLive('secondary', '2.0.0')
})

test('with live-restore no slot is restarted, and the director finds the new socket', async () => {
  await killDocker()
  const before = await system.status()
  await rig.startDaemon({ 'live-restore': true })
  await isSound()
  const now = await system.status()
  assert.notEqual(now.directorStartedAt, before.directorStartedAt)
  for (const slot of ['primary', 'secondary'] as const) {
    assert.ok(
      (now.slots[slot].uptimeSeconds ?? 0) > (before.slots[slot].uptimeSeconds ?? 0),
      `${slot} was restarted`,
    )
    assert.equal(now.slots[slot].container?.restarts, 0)
  }
  const release = await deployed('3.0.0')
  assert.equal(release.state, 'live', JSON.stringify(release.error))
  assert.equal((await system.ended((await system.rollback()).id)).state, 'live')
})

test('a machine that lost power serves the same builds again, and a plain compose up changes nothing', async () => {
  const services = ['runtime_primary', 'runtime_secondary', 'traffic_proxy', 'director']
  const ids = async () => Promise.all(services.map(async (service) => (await system.container(service)).id))
  const { slot, version } = await system.served()
  const before = await ids()
  await rig.cutPower()
  await rig.boot()
  await isSound()
  await isLive(slot, version)
  const argv = ['docker', 'compose', '-f', 'docker-compose.release.yml', 'up', '-d']
  const { code, output } = await system.exec('director', argv)
  assert.equal(code, 0, output)
  assert.deepEqual(await ids(), before)
  await isLive(slot, version)
})
