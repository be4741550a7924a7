import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { acceptedSchema } from '../../src/director/protocol.ts'
import { Refusal } from '../../src/director/refusal.ts'
import { servingWorkers } from '../../src/nginx/proxy-container.ts'
import { parseReload, RELOAD_FILE } from '../../src/nginx/reload-number.ts'
import { barOutcomeSchema } from '../../src/release/bar.ts'
import { otherSlot, SLOTS, type Slot } from '../../src/release/slot.ts'
import { startLoad } from '../load/load.ts'
import { floodFrom } from './director-flood.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { gapsOf, liveBeats } from './live-beats.ts'
import { until } from './until.ts'

const HTTP_PORT = 8460
const PORTS = { primary: HTTP_PORT + 1, secondary: HTTP_PORT + 2 }
const NONE_LIVE_MS = 2_000

let system: EngineSystem

before(async () => {
  system = await engineSystem({
    name: 'switchyard-engine',
    httpPort: HTTP_PORT,
    networkPrefix: '172.30.82',
    settings: { HEALTH_DEADLINE_SECONDS: '12', DRAIN_CAP_SECONDS: '3', BUILD_MEMORY: '256m' },
  })
})

after(async () => {
  await system.director.close()
  await system.sweep()
})

const image = (name: string) => ({ kind: 'image' as const, image: name, hasConsole: true })

/** What must be true after every failure: visitors never noticed, and what comes next works. */
async function stillServes(expected: { slot: string; version: string }): Promise<void> {
  const { slot, version } = await system.served()
  assert.deepEqual({ slot, version }, expected)
  const { actions, routing } = await system.status()
  assert.equal(routing.problem, null)
  assert.deepEqual(actions.deploy, { allowed: true, reason: null })
  assert.deepEqual(actions.rollback, { allowed: true, reason: null })
}

/** That work of the live slot ran in these, one after the other, and never in two at once or long in none. */
function tellsOneLive(reigns: Awaited<ReturnType<typeof liveBeats>>, slots: readonly Slot[]): void {
  assert.deepEqual(
    reigns.map(({ slot }) => slot),
    slots,
  )
  console.log(`no slot was live for ${gapsOf(reigns, NONE_LIVE_MS).join(', ')} ms`)
}

test('set-up leaves one build in both slots, primary live and secondary ready', async () => {
  const status = await system.status()
  assert.equal(status.routing.live, 'primary')
  assert.equal(status.slots.primary.role, 'live')
  assert.equal(status.slots.secondary.role, 'standby')
  assert.equal((await system.served()).version, '1.0.0')
})

/** Each reload of nginx changes both: its number, and the workers that take new connections. */
async function nginxSince() {
  const proxy = await system.container('traffic_proxy')
  const workers = await servingWorkers(proxy, AbortSignal.timeout(10_000))
  assert.ok(workers !== null && workers.length > 0, 'its workers can be listed')
  const path = join(system.dir, 'nginx/live', RELOAD_FILE)
  const reload = existsSync(path) ? parseReload(readFileSync(path, 'utf8')) : 0
  return { reload, workers: workers.toSorted() }
}

test('a deploy moves the traffic, a rollback moves it back, no request fails and nginx is not reloaded', async () => {
  const begun = await nginxSince()
  const load = await startLoad({
    url: system.url,
    ratePerSecond: 250,
    durationMs: 10 * 60_000,
    postPath: '/echo',
  })
  const next = await system.image('2.0.0')
  const reigns = await liveBeats(PORTS, async () => {
    const deployed = await system.ended((await system.deploy(image(next), { note: 'Two' })).id)
    assert.equal(deployed.state, 'live', JSON.stringify(deployed.error))
    assert.deepEqual(await system.served(), { slot: 'secondary', version: '2.0.0', release: deployed.id })
    const back = await system.ended((await system.rollback()).id)
    assert.equal(back.state, 'live')
    assert.equal((await system.served()).version, '1.0.0')
    const forth = await system.ended((await system.rollback()).id)
    assert.equal(forth.state, 'live')
  })
  tellsOneLive(reigns, ['primary', 'secondary', 'primary', 'secondary'])
  assert.deepEqual(await nginxSince(), begun)
  await until('10,000 requests were sent', 120_000, async () => (load.sentSoFar() >= 10_000 ? true : null))
  const report = await load.stop()
  console.log(`${report.sent} requests, ${report.failed} failed; p99 ${report.latencyMs.p99} ms`)
  assert.deepEqual(report.failures, [])
  assert.ok(report.sent >= 10_000)

  const { code, output } = await system.cli('reload')
  assert.equal(code, 0, output)
  const reloaded = await nginxSince()
  assert.equal(reloaded.reload, begun.reload + 1)
  assert.notDeepEqual(reloaded.workers, begun.workers)
})

test('traffic is counted at the slot that answers it, and what tabs of the old build ask is told apart', async () => {
  const headers = { 'x-deployment-id': '1-0-0', connection: 'close' }
  for (let n = 0; n < 3; n++) assert.equal((await fetch(system.url, { headers })).status, 200)
  const { slots, traffic } = await until('they are counted', 15_000, async () => {
    const seen = await system.status()
    return seen.slots.primary.traffic?.fromOldTabs === 3 ? seen : null
  })
  assert.deepEqual([traffic?.problem, traffic?.unreadableLines], [null, 0])
  assert.equal(slots.primary.traffic?.why.pin, 3)
  const live = slots.secondary.traffic
  assert.ok(live && live.requests > 1_000 && live.latencyMs, JSON.stringify(live))
  assert.deepEqual([live.fromOldTabs, live.why.live, live.statuses['5xx']], [0, live.requests, 0])
})

test('the env file holds what each slot was started with, so that a plain compose up changes nothing', async () => {
  const text = readFileSync(join(system.dir, '.env'), 'utf8')
  const status = await system.status()
  assert.match(text, new RegExp(`^PRIMARY_IMAGE="?${status.slots.primary.container?.image}"?$`, 'm'))
  assert.match(text, new RegExp(`^SECONDARY_IMAGE="?${status.slots.secondary.container?.image}"?$`, 'm'))
  assert.match(text, /^LIVE_SLOT="?secondary"?$/m)
})

test("the article's own compose command creates nothing anew, and compose alone made the slots", async () => {
  const services = ['runtime_primary', 'runtime_secondary', 'traffic_proxy', 'director']
  const inspect = async () =>
    Promise.all(services.map(async (service) => (await system.container(service)).inspect()))
  const before = await inspect()
  const answer = await system.exec('director', [
    'docker',
    'compose',
    '-f',
    'docker-compose.release.yml',
    'up',
    '-d',
  ])
  assert.equal(answer.code, 0, answer.output)
  const after = await inspect()
  assert.deepEqual(
    after.map(({ Id, State }) => [Id, State.StartedAt]),
    before.map(({ Id, State }) => [Id, State.StartedAt]),
  )
  const deploy = (await system.history()).find(({ verb }) => verb === 'deploy')
  const preload = deploy?.runtime.preload
  assert.match(preload ?? '', /^[0-9a-f]{64}$/)
  for (const [index, { Config, Mounts, HostConfig }] of after.slice(0, 2).entries()) {
    assert.match(Config.Labels['com.docker.compose.config-hash'] ?? '', /^[0-9a-f]{64}$/)
    assert.deepEqual(
      Mounts.map(({ Source, Destination, RW }) => [Source, Destination, RW]).toSorted(),
      [
        [join(system.dir, 'nginx/live/told'), '/run/switchyard-live', false],
        [join(system.dir, 'state/preload', preload ?? ''), '/run/switchyard-preload', false],
        [join(system.dir, 'state/run', SLOTS[index] ?? ''), '/run/switchyard', false],
      ].toSorted(),
    )
    const options = Config.Env.filter((each) => each.startsWith('NODE_OPTIONS='))
    assert.deepEqual(options, ['NODE_OPTIONS=--require /run/switchyard-preload/main.cjs'])
    assert.equal(HostConfig.Privileged, false)
    assert.equal(HostConfig.ReadonlyRootfs, true)
    assert.deepEqual(HostConfig.CapDrop, ['ALL'])
  }
})

test('set-up refuses a port that is taken, says by whom, and touches nothing', async () => {
  const squatter = createServer()
  squatter.listen(0, '0.0.0.0')
  await once(squatter, 'listening')
  const { port } = z.object({ port: z.number() }).parse(squatter.address())
  const { code, output } = await system.run(process.execPath, ['src/setup/main.ts', 'up', '--yes'], {
    HTTP_PORT: String(port),
  })
  squatter.close()
  assert.equal(code, 1, output)
  const holder = readFileSync('/proc/self/comm', 'utf8').trim()
  assert.ok(
    output.includes(
      `Port ${port} is taken by ${holder} (pid ${process.pid}): stop that, or change HTTP_PORT.\n` +
        'Write the settings that are to change into switchyard.env (for example `HTTP_PORT=8080`), then run the command again.',
    ),
    output,
  )
  await stillServes({ slot: 'secondary', version: '2.0.0' })
})

const UNHEALTHY = 'The build never became healthy: not 5 good answers in a row within 12 s \\(\\d+ tries\\); '

const BAD_IMAGES: [fault: string, code: string, sentence: RegExp][] = [
  [
    'no-status',
    'status-missing',
    /^The build does not answer GET \/api\/system\/status: it answers HTTP 404\.$/,
  ],
  [
    'html-status',
    'status-missing',
    /^The build does not answer GET \/api\/system\/status: it answers with text\/html; charset=utf-8 instead of JSON\.$/,
  ],
  [
    'wrong-shape',
    'status-shape',
    /^The build answers GET \/api\/system\/status with the wrong shape: inFlight: expected a number, got "many"\.$/,
  ],
  [
    'wrong-release',
    'status-wrong-release',
    /^Another release answers in the slot: it says release \d+, release \d+ was started\.$/,
  ],
  [
    'never-healthy',
    'never-healthy',
    new RegExp(
      `^${UNHEALTHY}the last time, it says that it is degraded \\(database: no route to the database\\)\\.$`,
    ),
  ],
  [
    'crash',
    'never-healthy',
    new RegExp(
      `^${UNHEALTHY}the last time, (the connection was refused|no whole answer within 3 s|.*EHOSTUNREACH.*)\\.$`,
    ),
  ],
  [
    'director-unreachable',
    'console-unhealthy',
    /^The console of the new build does not work: \/ops can not reach the director \(GET \/api\/ops\/ping: it answers HTTP 502\)\.$/,
  ],
]

for (const [fault, code, sentence] of BAD_IMAGES) {
  test(`an image with the fault "${fault}" is refused as ${code}, and the standby comes back`, async () => {
    const bad = await system.image(`9.0.0-${fault}`, fault)
    const release = await system.ended((await system.deploy(image(bad))).id)
    assert.equal(release.state, 'failed')
    assert.equal(release.error?.code, code, JSON.stringify(release.error))
    assert.match(release.error?.what ?? '', sentence)
    assert.equal(release.error?.live, 'Visitors get 2.0.0 from the secondary slot, as before.')
    await stillServes({ slot: 'secondary', version: '2.0.0' })
  })
}

test('a console that fails is let through when the operator says that the image has none', async () => {
  const bad = await system.image('9.1.0', 'no-console')
  const gated = await system.ended((await system.deploy(image(bad))).id)
  assert.equal(gated.error?.code, 'console-unhealthy')
  const release = await system.ended((await system.deploy({ ...image(bad), hasConsole: false })).id)
  assert.equal(release.state, 'live', JSON.stringify(release.error))
  const back = await system.ended((await system.rollback()).id)
  assert.equal(back.state, 'live')
  await stillServes({ slot: 'secondary', version: '2.0.0' })
})

test('an unknown ref and a missing image are refused in words, before anything is touched', async () => {
  const ref = await system.ended((await system.deploy({ kind: 'ref', ref: 'no-such-ref' })).id)
  assert.equal(ref.error?.what, 'The project has no git ref "no-such-ref".')
  const missing = await system.ended((await system.deploy(image('no-such-image:1'))).id)
  assert.equal(missing.error?.what, 'There is no image "no-such-image:1" on this host.')
  assert.deepEqual(
    missing.steps.map((step) => step.state),
    missing.steps.map((step) => (step.name === 'preflight' ? 'failed' : 'waiting')),
  )
  await stillServes({ slot: 'secondary', version: '2.0.0' })
})

test('the second of two deploys at once is told who is busy with what', async () => {
  const next = await system.image('9.2.0', 'never-healthy')
  const first = await system.deploy(image(next))
  await assert.rejects(system.deploy(image(next)), (error: unknown) => {
    assert.ok(error instanceof Refusal)
    assert.equal(error.status, 409)
    assert.equal(error.body.code, 'busy')
    assert.match(error.body.what, /^root is busy with deploy \(release \d+\) since [-\d]+ [:\d]+ UTC\.$/)
    return true
  })
  await system.director.call(acceptedSchema, '/v1/abort', { method: 'POST', body: '{}' })
  assert.equal((await system.ended(first.id)).state, 'aborted')
  await stillServes({ slot: 'secondary', version: '2.0.0' })
})

/** How a real release is held at a step; `src/release/abort.test.ts` aborts at each of them. */
const HELD_AT = {
  drain: async () => {
    const { standby, slots, routing } = await system.status()
    assert.ok(standby)
    const busy = routing.live === 'primary' ? slots.secondary : slots.primary
    void fetch(`${busy.address}/slow?ms=2500`).then((answer) => answer.text())
    await until(`${busy.slot} has a request in flight`, 5_000, async () =>
      (await fetch(`${busy.address}/api/system/status`).then((answer) => answer.json())).inFlight > 0
        ? true
        : null,
    )
    return system.image('9.3.0-drain')
  },
  health: () => system.image('9.3.0-health', 'slow-start'),
} as const

for (const step of ['drain', 'health'] as const) {
  test(`a release is aborted at its step "${step}", and ends there`, async () => {
    const { id } = await system.deploy(image(await HELD_AT[step]()))
    await until(`release ${id} is at ${step}`, 60_000, async () =>
      (await system.release(id)).steps.some(({ name, state }) => name === step && state === 'running')
        ? true
        : null,
    )
    await system.director.call(acceptedSchema, '/v1/abort', { method: 'POST', body: '{}' })
    const release = await system.ended(id)
    assert.equal(release.state, 'aborted')
    assert.equal(release.error?.what, 'The release was aborted by root.')
    assert.deepEqual(
      release.steps.filter(({ state }) => state === 'failed').map(({ name }) => name),
      [step],
    )
    await stillServes({ slot: 'secondary', version: '2.0.0' })
  })
}

test('a build that fails shows its last lines', async () => {
  const path = join(system.dir, 'Dockerfile.runtime')
  const sound = readFileSync(path, 'utf8')
  writeFileSync(path, 'FROM switchyard-base/node:26 AS slot\nRUN echo the-very-last-line && exit 7\n')
  const release = await system.ended((await system.deploy({ kind: 'tree' })).id)
  writeFileSync(path, sound)
  assert.equal(release.error?.code, 'build-failed')
  assert.match(release.error?.detail ?? '', /the-very-last-line/)
  await stillServes({ slot: 'secondary', version: '2.0.0' })
})

/** A build that takes memory until it is ended. */
const GREEDY = `ARG BUILT=built-here
FROM switchyard-base/node:26 AS source
RUN mkdir -p /app/.next/cache && chown -R 1000:1000 /app
WORKDIR /app
USER 1000:1000
CMD ["node", "-e", "const kept = []; for (;;) kept.push(Buffer.alloc(16 * 1024 ** 2, 1))"]
FROM source AS built-here
FROM \${BUILT} AS slot
`

test('a build that runs out of its memory is ended, the slots run on, and no request fails', async () => {
  const running = async () => {
    const slots = await Promise.all(SLOTS.map((slot) => system.container(`runtime_${slot}`)))
    const seen = await Promise.all(slots.map((slot) => slot.inspect()))
    return seen.map(({ Id, State, RestartCount }) => ({ Id, startedAt: State.StartedAt, RestartCount }))
  }
  const before = await running()
  const path = join(system.dir, 'Dockerfile.runtime')
  const sound = readFileSync(path, 'utf8')
  writeFileSync(path, GREEDY)
  const load = await startLoad({
    url: system.url,
    ratePerSecond: 50,
    durationMs: 5 * 60_000,
    postPath: '/echo',
  })
  const release = await system.ended((await system.deploy({ kind: 'tree' })).id)
  writeFileSync(path, sound)
  const { sent, failures } = await load.stop()
  assert.equal(release.error?.code, 'build-killed')
  assert.match(release.error?.what ?? '', /needed more memory than the 256 MiB that a build may have\.$/)
  console.log(`${sent} requests during the build`)
  assert.deepEqual(failures, [])
  assert.ok(sent >= 50)
  assert.deepEqual(await running(), before)
  await stillServes({ slot: 'secondary', version: '2.0.0' })
})

test('an aborted build really stops', async () => {
  const path = join(system.dir, 'Dockerfile.runtime')
  const sound = readFileSync(path, 'utf8')
  writeFileSync(path, 'FROM switchyard-base/node:26 AS slot\nRUN echo has-begun && sleep 4321\n')
  const { id } = await system.deploy({ kind: 'tree' })
  await until('the build runs', 60_000, async () =>
    /has-begun/.test(await system.log(id)) && isSleeping() ? true : null,
  )
  await system.director.call(acceptedSchema, '/v1/abort', { method: 'POST', body: '{}' })
  assert.equal((await system.ended(id)).state, 'aborted')
  writeFileSync(path, sound)
  await until('the build has stopped', 10_000, async () => (isSleeping() ? null : true))
  await stillServes({ slot: 'secondary', version: '2.0.0' })
})

const isSleeping = (): boolean => spawnSync('pgrep', ['-fx', 'sleep 4321']).status === 0

test('a rollback by the script is confirmed, and the director takes it over', async () => {
  const before = (await system.status()).routing.live
  const director = await system.container('director')
  await director.kill({ signal: 'SIGSTOP' })
  const reigns = await liveBeats(PORTS, async () => {
    const { code, output } = await system.run('./rollback.sh', [])
    assert.equal(code, 0, output)
  }).finally(() => director.kill({ signal: 'SIGCONT' }))
  tellsOneLive(reigns, before === 'primary' ? ['primary', 'secondary'] : ['secondary', 'primary'])
  const adopted = await until('the director took it over', 30_000, async () => {
    const [newest] = await system.history()
    return newest?.recovery?.startsWith('Rolled back by ./rollback.sh') ? newest : null
  })
  assert.equal(adopted.state, 'live')
  assert.notEqual((await system.status()).routing.live, before)
  await until('the status agrees', 10_000, async () =>
    (await system.status()).actions.rollback.allowed ? true : null,
  )
})

const barOf = (build: string) =>
  system.director.call(barOutcomeSchema, '/v1/bar', { method: 'POST', body: JSON.stringify({ build }) })

/** Who answers a tab of the build with this id. */
async function servedTo(deploymentId: string): Promise<string | null> {
  const headers = { 'x-deployment-id': deploymentId, connection: 'close' }
  return (await fetch(system.url, { headers })).headers.get('x-served-by')
}

async function refusalOf(refused: Promise<unknown>): Promise<[code: string, what: string]> {
  const refusal = await refused.then(
    () => assert.fail('It was not refused.'),
    (cause: unknown) => (cause instanceof Refusal ? cause.body : assert.fail(String(cause))),
  )
  return [refusal.code, refusal.what]
}

test('a barred build is reached by no tab, rolled back to by nobody, and deployed by nobody, until it is unbarred', async () => {
  const { routing, live, standby } = await system.status()
  assert.deepEqual([routing.live, live?.version, standby?.version], ['primary', '9.1.0', '2.0.0'])
  assert.equal(await servedTo('2-0-0'), 'secondary')

  const bar = await system.cli('bar', '2-0-0', '--reason', 'CVE-2026-1234')
  assert.deepEqual(
    [bar.code, bar.stdout],
    [
      0,
      '2.0.0 is barred. Its open tabs get 9.1.0 at their next request; a stream that is open goes on until secondary is reused or stopped.\n',
    ],
  )
  assert.equal(await servedTo('2-0-0'), 'primary')
  const status = await system.status()
  const sentence = /^2\.0\.0 \(2-0-0\) is barred by .+ since .+ UTC: CVE-2026-1234\.$/
  assert.match(status.actions.rollback.reason ?? '', sentence)
  assert.deepEqual([status.actions.deploy.allowed, status.routing.problem], [true, null])

  const [code, what] = await refusalOf(system.rollback())
  assert.equal(code, 'build-barred')
  assert.match(what, sentence)
  const script = await system.run('./rollback.sh', [])
  assert.deepEqual(
    [script.code, script.output.split('.')[0]],
    [1, 'The build in secondary is barred, so there is nothing to roll back to'],
  )
  const redeploy = await system.ended((await system.deploy(image(`${system.name}-slot:2.0.0`))).id)
  assert.deepEqual([redeploy.state, redeploy.error?.code], ['failed', 'build-barred'])
  assert.match(redeploy.error?.what ?? '', sentence)
  assert.deepEqual(
    redeploy.steps.filter(({ state }) => state === 'failed').map(({ name }) => name),
    ['preflight'],
  )
  const planned = await system.cli(
    'deploy',
    '--image',
    `${system.name}-slot:2.0.0`,
    '--dry-run',
    '--despite-freeze',
  )
  assert.equal(planned.code, 1)
  assert.match(planned.stdout, /^✗ 2\.0\.0 \(2-0-0\) is barred by .+: CVE-2026-1234\.$/m)
  assert.equal(
    (await refusalOf(barOf('9-1-0')))[1],
    '9.1.0 (9-1-0) is what visitors get, so it can not be barred.',
  )

  const unbar = await system.cli('unbar', '2-0-0')
  assert.equal(unbar.code, 0, unbar.output)
  assert.equal(await servedTo('2-0-0'), 'secondary')
  await stillServes({ slot: 'primary', version: '9.1.0' })
})

test('a deploy that fails over a barred build does not start that again, and is safe', async () => {
  await barOf('2-0-0')
  const failed = await system.ended((await system.deploy(image(await system.image('9.4.0', 'no-status')))).id)
  assert.equal(failed.error?.code, 'status-missing')
  assert.equal(failed.error?.needsAttention, undefined)
  assert.match(
    await system.log(failed.id),
    /^2\.0\.0 \(2-0-0\) is barred by .+\. It is not brought back to secondary\.$/m,
  )
  const { slots, actions, routing } = await system.status()
  assert.deepEqual([slots.secondary.role, slots.secondary.container?.state], ['idle', 'exited'])
  assert.match(actions.rollback.reason ?? '', /^2\.0\.0 \(2-0-0\) is barred by /)
  assert.deepEqual([actions.deploy.allowed, routing.problem], [true, null])
  const unbar = await system.cli('unbar', '2-0-0')
  assert.equal(
    unbar.stdout,
    '2.0.0 may be used again, but secondary does not answer as it should, so its tabs still get 9.1.0.\n',
  )
  assert.equal(await servedTo('2-0-0'), 'primary')
})

test('a flood from a slot costs the director neither its memory nor the command line, and a release goes on', async () => {
  const flooded = floodFrom(system, 'primary', 10)
  const next = await system.ended((await system.deploy(image(await system.image('9.5.0')))).id)
  const { pingMs, peakMebibytes, lines, counts } = await flooded
  assert.equal(next.state, 'live', JSON.stringify(next.error))
  assert.ok(peakMebibytes < 300, `${peakMebibytes} MiB of the director's 512`)
  assert.ok((pingMs[Math.floor(pingMs.length / 2)] ?? 0) < 250, JSON.stringify(pingMs))
  assert.ok(lines < 20, `${lines} lines in its log`)
  const { ended } = z.object({ ended: z.number() }).parse(JSON.parse(counts))
  assert.ok(ended > 8_000, counts)
  const { RestartCount, State } = await (await system.container('director')).inspect()
  assert.deepEqual([RestartCount, State.OOMKilled], [0, false])
})

/** What the program in a slot got, as its kernel says. */
async function environmentIn(slot: Slot): Promise<Map<string, string>> {
  const { Id } = await (await system.container(`runtime_${slot}`)).inspect()
  const { stdout } = spawnSync('docker', ['exec', Id, 'cat', '/proc/1/environ'], { encoding: 'utf8' })
  return new Map(
    stdout.split('\0').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

const writeAppEnv = (text: string): void => writeFileSync(join(system.dir, 'app.env'), text)

test('a build comes back with the environment that it ran with, also where the next one exits by its own', async () => {
  const hash = '$2a$10$bY3ZpvQN/nTF'
  writeAppEnv(`T=${hash}\n`)
  const id = (await system.status()).live?.deploymentId ?? assert.fail()
  const first = await system.cli('deploy', '--build', id, '--despite-freeze')
  assert.equal(first.code, 0, first.output)
  assert.equal((await environmentIn((await system.status()).routing.live ?? 'primary')).get('T'), hash)

  writeAppEnv('T=second\nADDED=1\n')
  const plan = await system.cli('deploy', '--build', id, '--dry-run')
  assert.match(
    plan.output,
    /The environment changes with this release: ADDED is added, T has another value\./,
  )
  const second = await system.cli('deploy', '--build', id, '--despite-freeze')
  assert.equal(second.code, 0, second.output)

  writeAppEnv('T=third\nFAULT=crash\n')
  const broken = await system.cli('deploy', '--build', id, '--despite-freeze')
  assert.equal(broken.code, 1, broken.output)
  const standby = otherSlot((await system.status()).routing.live ?? 'primary')
  assert.equal((await environmentIn(standby)).get('T'), hash)

  const dry = await system.cli('rollback', '--dry-run')
  assert.match(
    dry.output,
    /The standby comes back with the environment that it ran with: ADDED is removed, T has another value\./,
  )
  const back = await system.cli('rollback')
  assert.equal(back.code, 0, back.output)
  assert.equal((await system.status()).routing.live, standby)
  assert.equal((await environmentIn(standby)).get('T'), hash)
  const { output } = await system.cli('history', '--limit', '3')
  assert.match(output, /ADDED is removed, T has another value/)
  assert.ok(!output.includes(hash))
})

test('a rollback may take the environment of now: the standby is started anew with it, and proved before visitors move', async () => {
  const before = await system.status()
  const standby = otherSlot(before.routing.live ?? 'primary')
  writeAppEnv('FAULT=crash\n')
  const broken = await system.cli('rollback', '--env', 'current')
  assert.equal(broken.code, 1, broken.output)
  assert.equal((await system.status()).routing.live, before.routing.live)
  assert.equal((await environmentIn(standby)).get('T'), 'second')

  writeAppEnv('T=now\n')
  const { code, output } = await system.cli('rollback', '--env', 'current')
  assert.equal(code, 0, output)
  assert.match(output, /Start \w+ anew with the environment of now/)
  const after = await system.status()
  assert.equal(after.routing.live, standby)
  assert.equal((await environmentIn(standby)).get('T'), 'now')
  assert.deepEqual(after.actions.rollback, { allowed: true, reason: null })
  const kept = readdirSync(join(system.dir, 'state/environments')).filter((name) => name.endsWith('.env'))
  assert.ok(kept.length >= 2)
})

test('a line of app.env that is wrong is named before anything starts, and nothing of it is shown', async () => {
  const before = await system.served()
  writeAppEnv('GOOD=1\nT="hunter2hunter2\n')
  const refused = await system.cli(
    'deploy',
    '--build',
    (await system.status()).live?.deploymentId ?? '',
    '--despite-freeze',
  )
  assert.equal(refused.code, 1, refused.output)
  assert.match(refused.output, /app\.env, line 2, T: its value has no closing "\./)
  assert.ok(!refused.output.includes('hunter2'))
  assert.deepEqual(await system.served(), before)
  rmSync(join(system.dir, 'app.env'))
})

test('a build that nobody knows, that is barred or that is pruned is deployed by nobody, in words', async () => {
  const unknown = await system.cli('deploy', '--build', 'b0-none', '--despite-freeze')
  assert.match(unknown.output, /No release has made or taken a build "b0-none"\./)
  const gone = await system.image('9.6.0')
  const { id, build } = await system.ended((await system.deploy(image(gone))).id)
  assert.ok(build)
  await system.ended((await system.rollback()).id)
  spawnSync('docker', ['image', 'rm', '-f', gone])
  const ended = await system.ended((await system.deploy(image(await system.image('9.7.0')))).id)
  assert.equal(ended.state, 'live')
  spawnSync('docker', ['image', 'rm', '-f', build.image])
  const pruned = await system.cli('deploy', '--build', '9-6-0', '--despite-freeze')
  assert.equal(pruned.code, 1)
  assert.match(
    pruned.output,
    /9\.6\.0 \(9-6-0\) is not kept any more: its image was pruned\./,
    `release ${id}`,
  )
})
