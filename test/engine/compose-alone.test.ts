import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { hostEnvironment } from '../../src/config/host-environment.ts'
import { systemStatusSchema } from '../../src/director/protocol.ts'
import { CommandFailure } from '../../src/docker/command.ts'
import { statusCodeOf } from '../../src/docker/engine.ts'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { projectBinds, runErrand } from '../../src/setup/toolbox.ts'
import { buildSlotImage } from '../fixtures/slot-image.ts'
import { thisMachine } from '../system/place.ts'
import { freshSystem, sharePackages, type TestSystem } from '../system/system.ts'
import { until } from './until.ts'

/** The article's quick start on a host where base images can be had: compose alone in a fresh clone, without set-up. */

const NAME = 'switchyard-compose-alone'
const DIRECTOR_IMAGE = `switchyard-director:${NAME}-first`
const SECOND = `${NAME}-second:2.0.0`
const TOKEN = 'npm_ComposeAloneMustNotKeepThis'
const SERVICES = ['runtime_primary', 'runtime_secondary', 'traffic_proxy', 'director'] as const
const SETTINGS = {
  COMPOSE_PROJECT_NAME: NAME,
  CONTAINER_PREFIX: `${NAME}-`,
  HTTP_PORT: '8640',
  PRIMARY_PORT: '8641',
  SECONDARY_PORT: '8642',
  NETWORK_PREFIX: '172.30.97',
  PRIMARY_NETWORK_PREFIX: '172.31.97',
  SECONDARY_NETWORK_PREFIX: '172.31.98',
  DRAIN_CAP_SECONDS: '1',
  MAX_BODY: '1m',
  APP_VERSION: '1.0.0',
}
const BASES = {
  NODE_IMAGE: MADE_IMAGES.node,
  NGINX_IMAGE: MADE_IMAGES.nginx,
  DIRECTOR_BASE: MADE_IMAGES.tools,
}

/** Behind a company's proxy builds trust its certificate too, as the user has to say by CA_BUNDLE. */
const CA_BUNDLE = hostEnvironment().trustedBundles.find((path) => existsSync(path))

const { docker } = thisMachine
const payloadSchema = z.object({ slot: z.string(), version: z.string(), release: z.number() })
let system: TestSystem

before(async () => {
  await removeImages()
  system = await freshSystem({ name: NAME, httpPort: 8640, networkPrefix: '172.30.97' })
  const dockerfile = join(system.dir, 'Dockerfile.runtime')
  writeFileSync(dockerfile, withFixtureSlot(readFileSync(dockerfile, 'utf8')))
  writeFileSync(join(system.dir, '.npmrc'), `//npm.acme.example/:_authToken=${TOKEN}\n`)
})

after(async () => {
  await system.director.close()
  await system.sweep()
  await removeImages()
})

/** The slot is the fixture's; all else is built as it stands. */
function withFixtureSlot(dockerfile: string): string {
  const fixture = readFileSync(join(import.meta.dirname, '../fixtures/slot.Dockerfile'), 'utf8')
    .replace(/^ARG NODE_IMAGE.*\n/m, '')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker expands it
    .replace('FROM ${NODE_IMAGE}', 'FROM ${NODE_IMAGE} AS slot')
    .replace('COPY slot-server.mjs', 'COPY test/fixtures/slot-server.mjs')
  const replaced = dockerfile.replace(/FROM \S+ AS slot\n[\s\S]*?(?=\nFROM )/, fixture)
  assert.notEqual(replaced, dockerfile)
  return replaced
}

async function removeImages(): Promise<void> {
  for (const name of [DIRECTOR_IMAGE, SECOND]) {
    await docker
      .getImage(name)
      .remove({ force: true })
      .catch((cause) => {
        if (statusCodeOf(cause) !== 404) throw cause
      })
  }
}

/** `docker compose -f docker-compose.release.yml up -d`, as the user's own compose would do it. */
async function composeUp(environment: Record<string, string>, ...flags: string[]): Promise<void> {
  await runErrand(
    docker,
    {
      image: MADE_IMAGES.tools,
      argv: ['docker', 'compose', '-f', 'docker-compose.release.yml', 'up', '-d', ...flags],
      env: Object.entries({ ...environment, ...(CA_BUNDLE && { CA_BUNDLE }) }).map(
        ([name, value]) => `${name}=${value}`,
      ),
      binds: [...projectBinds(system.dir), ...(CA_BUNDLE ? [`${CA_BUNDLE}:${CA_BUNDLE}:ro`] : [])],
      cwd: system.dir,
      network: 'host',
      timeoutMs: 5 * 60_000,
    },
    (line) => console.log(line),
  )
}

const startedAt = () =>
  Promise.all(SERVICES.map(async (name) => (await (await system.container(name)).inspect()).State.StartedAt))

async function served() {
  const answer = await fetch(`${system.url}/api/system/status`, { headers: { connection: 'close' } })
  return payloadSchema.parse(await answer.json())
}

test('compose brings up both slots, nginx and a director that takes them over as the first release', async () => {
  await composeUp({ ...SETTINGS, ...BASES })
  const first = await until('primary is served', 60_000, () => served().catch(() => null))
  assert.deepEqual(first, { slot: 'primary', version: '1.0.0', release: 1 })
  const status = await system.director.call(systemStatusSchema, '/v1/status')
  assert.deepEqual([status.routing.live, status.slots.secondary.health.state], ['primary', 'operational'])
  const { last } = status
  assert.deepEqual(
    [last?.id, last?.state, last?.slot, last?.build?.image, last?.actor.kind],
    [1, 'live', 'primary', `switchyard/${NAME}:first`, 'director'],
  )
  assert.equal(last?.recovery, 'Compose had started both slots; the director took them over.')
  assert.equal(existsSync(join(system.dir, 'state/first-start')), false)
  assert.ok(existsSync(join(system.dir, 'state/assets', last?.build?.deploymentId ?? '', '_next/static')))
})

test('the director prints a one-time link without an address that no browser could open', async () => {
  const { code, output } = await system.exec('director', ['switchyard', 'setup-link'])
  assert.equal(code, 0, output)
  assert.match(
    output,
    /^Open this path at your site's address\. It is good once, for \d+ minutes:\n\/ops\/setup#token=[\w-]+\n$/,
  )
})

test("a token of .npmrc is in no layer of the director's image", async () => {
  const archive = await docker.getImage(DIRECTOR_IMAGE).get()
  let rest = ''
  for await (const chunk of archive) {
    const text = rest + z.instanceof(Buffer).parse(chunk).toString('latin1')
    assert.ok(!text.includes(TOKEN))
    rest = text.slice(-TOKEN.length)
  }
})

test("Docker's own looks at a slot that hangs don't stay in it", async () => {
  const slot = await system.container('runtime_secondary')
  const health = async () => (await slot.inspect()).State.Health
  const isAt = async (what: string, isSo: (seen: Awaited<ReturnType<typeof health>>) => boolean) =>
    until(`the slot is ${what}`, 100_000, async () => (isSo(await health()) ? true : null))
  const { Titles, Processes } = await slot.top()
  const pids = Processes.map((row: string[]) => Number(row[Titles.indexOf('PID')]))
  await isAt('healthy', (seen) => seen?.Status === 'healthy')
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    await isAt('unhealthy', (seen) => (seen?.FailingStreak ?? 0) >= 3)
    const { Processes: now } = await slot.top()
    const commands = now.map((row: string[]) => row.at(-1))
    // One look may be under way: a shell, its bound and what it runs.
    assert.ok(now.length <= pids.length + 4, commands.join('\n'))
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
})

test('what was given to compose holds, so that compose alone changes nothing any more', async () => {
  const before = await startedAt()
  await composeUp({})
  assert.deepEqual(await startedAt(), before)
  await assert.rejects(
    composeUp({ PRIMARY_IMAGE: `switchyard/${NAME}:b7-1a2b3c4` }, 'runtime_primary'),
    (cause) =>
      cause instanceof CommandFailure && cause.lines.join('\n').includes('only-a-release-makes-this-slot'),
  )
  assert.deepEqual(await startedAt(), before)
  const tooLarge = await fetch(`${system.url}/`, { method: 'POST', body: Buffer.alloc(2 * 1024 ** 2) })
  assert.equal(tooLarge.status, 413)
  const doctor = await system.run('./state/cli/current/switchyard', ['doctor'])
  assert.equal(doctor.code, 0, doctor.output)
})

test('./deploy.sh and ./rollback.sh work without packages', async () => {
  await buildSlotImage(docker, { tag: SECOND, version: '2.0.0', deploymentId: 'second' })
  assert.equal(existsSync(join(system.dir, 'node_modules')), false)
  const deploy = await system.run('./deploy.sh', ['--image', SECOND])
  assert.equal(deploy.code, 0, deploy.output)
  assert.deepEqual(await served(), { slot: 'secondary', version: '2.0.0', release: 2 })
  const rollback = await system.run('./rollback.sh', [])
  assert.equal(rollback.code, 0, rollback.output)
  assert.deepEqual(await served(), { slot: 'primary', version: '1.0.0', release: 1 })
})

test('set-up takes the system over later and leaves the running slots alone', async () => {
  sharePackages(system)
  const before = await startedAt()
  const { code, output } = await system.run(process.execPath, ['src/setup/main.ts', 'up', '--yes'], {
    ...SETTINGS,
  })
  assert.equal(code, 0, output)
  assert.match(output, /Switchyard is up\. Visitors get 1\.0\.0 from the primary slot\./)
  assert.doesNotMatch(output, /without what changed/)
  assert.deepEqual((await startedAt()).slice(0, 2), before.slice(0, 2))
  const purge = await system.run(process.execPath, ['src/setup/main.ts', 'down', '--purge', '--yes'])
  assert.equal(purge.code, 0, purge.output)
  const left = (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? [])
  assert.deepEqual(
    left.filter((tag) => tag.startsWith(`switchyard/${NAME}:`) || tag === DIRECTOR_IMAGE),
    [],
  )
})
