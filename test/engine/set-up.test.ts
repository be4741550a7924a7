import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type Docker from 'dockerode'
import { planViewSchema } from '../../src/director/protocol.ts'
import { statusCodeOf } from '../../src/docker/engine.ts'
import { DIRECTOR_LABEL } from '../../src/setup/director-image.ts'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { slotsBehind } from '../../src/setup/slots-behind.ts'
import { buildSlotImage } from '../fixtures/slot-image.ts'
import { thisMachine } from '../system/place.ts'
import { git, hostPrefix } from '../system/system.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { hostCommandTests } from './host-command.ts'
import { until } from './until.ts'

let system: EngineSystem

const { docker } = thisMachine
/** Made by nobody here: it has no label of the project. */
const FOREIGN_IMAGE = 'switchyard-set-up-foreign:3.0.0'
/** The project is a clone whose repository lies elsewhere, as that of a worktree does. */
const REPOSITORY = join(tmpdir(), 'switchyard-set-up-repository')
/** Of no project, with an image of ours. */
const OTHER_CONTAINER = 'switchyard-set-up-other'

before(async () => {
  await removed(docker.getContainer(OTHER_CONTAINER))
  system = await engineSystem({
    name: 'switchyard-set-up',
    httpPort: 8530,
    networkPrefix: '172.30.85',
    settings: { HEALTH_DEADLINE_SECONDS: '15', DRAIN_CAP_SECONDS: '1' },
    beforeSetUp: async ({ dir }) => {
      rmSync(REPOSITORY, { recursive: true, force: true })
      git(dir, 'init', '-q', `--separate-git-dir=${REPOSITORY}`)
    },
  })
})

after(async () => {
  await system.director.close()
  await removed(docker.getContainer(OTHER_CONTAINER))
  await system.sweep()
  await removed(docker.getImage(FOREIGN_IMAGE))
  rmSync(REPOSITORY, { recursive: true, force: true })
})

const SERVICES = ['runtime_primary', 'runtime_secondary', 'traffic_proxy', 'director'] as const
const setUp = (verb: 'up' | 'down', ...flags: string[]) =>
  system.run(process.execPath, ['src/setup/main.ts', verb, '--yes', ...flags])
const startedAt = async (service: string) =>
  (await (await system.container(service)).inspect()).State.StartedAt

test('Docker sees all four containers as healthy', async () => {
  await until('every container is healthy', 100_000, async () => {
    const states = await Promise.all(
      SERVICES.map(
        async (service) => (await (await system.container(service)).inspect()).State.Health?.Status,
      ),
    )
    return states.every((state) => state === 'healthy') ? true : null
  })
})

test('the director sees a repository that lies elsewhere, and can change nothing in it', async () => {
  const revision = git(system.dir, 'rev-parse', 'HEAD').trim()
  const { findings } = await system.director.call(planViewSchema, '/v1/plan', {
    method: 'POST',
    body: JSON.stringify({ verb: 'deploy', request: { source: { kind: 'ref', ref: 'main' } } }),
  })
  const sentences = findings.map(({ sentence }) => sentence)
  includes(sentences.join('\n'), `main will be built: commit ${revision.slice(0, 7)}.`)
  assert.doesNotMatch(sentences.join('\n'), /Git keeps a part/)
  const { Mounts } = await (await system.container('director')).inspect()
  const mount = Mounts.find(({ Destination }) => Destination === REPOSITORY)
  assert.deepEqual([mount?.Source, mount?.RW], [REPOSITORY, false])
})

test('slots that were stopped are started, and visitors are served before it says so', async () => {
  // The director first: it leads visitors away from a slot that stays down.
  for (const service of ['director', 'runtime_primary', 'runtime_secondary', 'traffic_proxy']) {
    await (await system.container(service)).stop({ t: 5 })
  }
  const { code, output } = await setUp('up')
  assert.equal((await system.served()).version, '1.0.0', output)
  assert.equal(code, 0, output)
  assert.match(output, /Switchyard is up\. Visitors get 1\.0\.0 from the primary slot\./)
  assert.equal((await (await system.container('runtime_secondary')).inspect()).State.Running, true)
})

test('a running slot is never touched, and a second run ends within seconds', async () => {
  const before = await Promise.all(SERVICES.map(startedAt))
  await (await system.container('runtime_secondary')).stop({ t: 5 })
  const begunAt = performance.now()
  assert.equal((await setUp('up')).code, 0)
  const again = await setUp('up')
  assert.equal(again.code, 0, again.output)
  console.log(`two runs took ${Math.round(performance.now() - begunAt)} ms`)
  const after = await Promise.all(SERVICES.map(startedAt))
  assert.notEqual(after[1], before[1], 'the stopped one was started')
  assert.deepEqual([after[0], after[2], after[3]], [before[0], before[2], before[3]])
})

function includes(output: string, words: string): void {
  assert.ok(output.includes(words), output)
}

async function removed(what: Docker.Image | Docker.Container) {
  await what.remove({ force: true }).catch((cause) => {
    if (statusCodeOf(cause) !== 404) throw cause
  })
}

/** Changes a file of the project for the time of `work`. */
async function withChanged(file: string, change: (text: string) => string, work: () => Promise<void>) {
  const path = join(system.dir, file)
  const before = readFileSync(path, 'utf8')
  const changed = change(before)
  assert.notEqual(changed, before, `${file} has not what was to be changed`)
  writeFileSync(path, changed)
  try {
    await work()
  } finally {
    writeFileSync(path, before)
  }
}

test('a changed nginx configuration is taken up by a reload, and no container is restarted', async () => {
  const before = await Promise.all(SERVICES.map(startedAt))
  const header = () => fetch(`${system.url}/`).then((answer) => answer.headers.get('x-tried'))
  assert.equal(await header(), null)
  await withChanged(
    'nginx/to_slot.conf',
    (text) => `${text}add_header X-Tried yes;\n`,
    async () => {
      const { code, output } = await setUp('up')
      assert.equal(code, 0, output)
      assert.match(output, /Reload nginx with its changed configuration/)
      assert.equal(await header(), 'yes')
    },
  )
  assert.equal((await setUp('up')).code, 0)
  assert.equal(await header(), null)
  assert.deepEqual(await Promise.all(SERVICES.map(startedAt)), before)
})

test('a broken nginx configuration is refused in its own words, and nothing is touched', async () => {
  const before = await Promise.all(SERVICES.map(startedAt))
  await withChanged(
    'nginx/to_slot.conf',
    (text) => `${text}no_such_directive on;\n`,
    async () => {
      const { code, output } = await setUp('up')
      assert.equal(code, 1, output)
      assert.match(output, /unknown directive "no_such_directive"/)
    },
  )
  assert.deepEqual(await Promise.all(SERVICES.map(startedAt)), before)
  assert.equal((await system.served()).version, '1.0.0')
})

test('a changed compose file is applied to nginx and the director, a changed director to itself, never to a slot', async () => {
  const before = await Promise.all(SERVICES.map(startedAt))
  await withChanged(
    'docker-compose.release.yml',
    (text) => text.replaceAll('pids_limit: 256', 'pids_limit: 255'),
    async () => {
      const { code, output } = await setUp('up')
      assert.equal(code, 0, output)
      includes(output, slotsBehind(['primary', 'secondary']))
      const { HostConfig } = await (await system.container('director')).inspect()
      assert.equal(HostConfig.PidsLimit, 255)
    },
  )
  const now = await Promise.all(SERVICES.map(startedAt))
  assert.deepEqual(now.slice(0, 2), before.slice(0, 2))
  assert.notEqual(now[3], before[3])
  const image = async () => (await (await system.container('director')).inspect()).Image
  const former = await image()
  await withChanged(
    'src/director/main.ts',
    (text) => `${text}\n// Changed.\n`,
    async () => assert.equal((await setUp('up')).code, 0),
  )
  assert.notEqual(await image(), former)
  assert.equal((await setUp('up')).code, 0)
  assert.equal(await image(), former)
  assert.deepEqual((await Promise.all(SERVICES.map(startedAt))).slice(0, 2), before.slice(0, 2))
  assert.equal((await system.served()).version, '1.0.0')
})

test('a changed limit reaches a slot with its next release, and is told until then', async () => {
  const told = async () => {
    const { code, output } = await setUp('up')
    assert.equal(code, 0, output)
    return output
  }
  const before = await Promise.all(SERVICES.map(startedAt))
  const settings = join(system.dir, 'switchyard.env')
  writeFileSync(settings, 'SLOT_MEMORY=400m\n')
  try {
    includes(await told(), slotsBehind(['primary', 'secondary']))
    assert.deepEqual((await Promise.all(SERVICES.map(startedAt))).slice(0, 2), before.slice(0, 2))
    writeFileSync(settings, '')
    assert.doesNotMatch(await told(), /without names of services/)
    writeFileSync(settings, 'SLOT_MEMORY=400m\n')
    await told()
    await buildSlotImage(docker, { tag: FOREIGN_IMAGE, version: '3.0.0', deploymentId: '3-0-0' })
    const { id } = await system.deploy({ kind: 'image', image: FOREIGN_IMAGE, hasConsole: true })
    assert.equal((await system.ended(id)).state, 'live')
    const { HostConfig } = await (await system.container('runtime_secondary')).inspect()
    assert.equal(HostConfig.Memory, 400 * 1024 ** 2)
    includes(await told(), slotsBehind(['primary']))
  } finally {
    rmSync(settings)
  }
  assert.equal((await system.ended((await system.rollback()).id)).state, 'live')
  includes(await told(), slotsBehind(['secondary']))
  assert.equal(await startedAt('runtime_primary'), before[0])
})

test('settings that can not work are refused by name, and nothing is touched', async () => {
  const before = await Promise.all(SERVICES.map(startedAt))
  const settings = join(system.dir, 'switchyard.env')
  const refused = async (text: string) => {
    writeFileSync(settings, text)
    const { code, output } = await setUp('up')
    assert.equal(code, 1, output)
    assert.doesNotMatch(output, /The whole of it/)
    return output
  }
  try {
    includes(
      await refused('SLOT_MEMRY=300m\nPROXY_MEMORY=6m\n'),
      'These settings can\'t be used:\n  SLOT_MEMRY: there is no setting of this name, the nearest is SLOT_MEMORY (switchyard.env)\n  PROXY_MEMORY: expected 64m or more, got "6m" (switchyard.env)\n',
    )
    assert.match(
      await refused('SLOT_CPUS=4096\n'),
      /SLOT_CPUS is 4096, but Docker has \d+ cores? here: set 0\.01 to \d+\.\n/,
    )
  } finally {
    rmSync(settings)
  }
  assert.deepEqual(await Promise.all(SERVICES.map(startedAt)), before)
})

test('whoever reads no further stops nothing', async () => {
  await (await system.container('runtime_secondary')).stop({ t: 5 })
  const piped = `"$0" src/setup/main.ts up --yes 2>&1 | head -n 1; echo "ended with \${PIPESTATUS[0]}"`
  const { output } = await system.run('bash', ['-c', piped, process.execPath])
  assert.match(output, /^Docker \S+ answers\.\nended with 0\n$/)
  assert.equal((await (await system.container('runtime_secondary')).inspect()).State.Running, true)
})

hostCommandTests(() => system)

test('after down the same builds are served when up has ended', async () => {
  // A killed one leaves its sockets, which would say that they refuse instead of that nothing is there.
  await (await system.container('director')).kill()
  const sockets = ['host', 'primary', 'secondary'].map((side) =>
    join(system.dir, 'state', 'run', side, 'director.sock'),
  )
  assert.deepEqual(sockets.map(existsSync), [true, true, true])
  // As a database of another project that the slots use.
  const network = `${system.name}_to_primary`
  const other = await docker.createContainer({
    ...{ name: OTHER_CONTAINER, Image: MADE_IMAGES.tools, Cmd: ['sleep', '600'] },
    HostConfig: { Init: true, NetworkMode: network },
  })
  await other.start()
  const down = await setUp('down')
  assert.equal(down.code, 0, down.output)
  includes(down.output, `The network ${network} stays, since ${OTHER_CONTAINER} is on it.\n`)
  assert.equal((await other.inspect()).State.Running, true)
  await removed(other)
  assert.deepEqual(sockets.map(existsSync), [false, false, false])
  const envFile = join(system.dir, 'state/deployment_state.env')
  const environment = /^SECONDARY_ENVIRONMENT=(.*)$/m.exec(readFileSync(envFile, 'utf8'))?.[1] ?? ''
  const lost = 'state/environments/lost.env'
  writeFileSync(envFile, readFileSync(envFile, 'utf8').replace(/^(SECONDARY_ENVIRONMENT=).*$/m, `$1${lost}`))
  const { code, output } = await setUp('up')
  assert.equal((await system.served()).version, '1.0.0', output)
  assert.equal(code, 0, output)
  assert.match(
    output,
    /\nThe secondary slot could not be started with the build that it had\. Mend what stands here, then run the command again: .*lost\.env/,
  )
  await until('the director has mended the file', 20_000, async () =>
    readFileSync(envFile, 'utf8').includes(`SECONDARY_ENVIRONMENT=${environment}\n`) ? true : null,
  )
  const again = await setUp('up')
  assert.equal(again.code, 0, again.output)
  assert.equal((await (await system.container('runtime_secondary')).inspect()).State.Running, true)
})

/** A release of `version` that is under way for as long as a candidate may take to get healthy. */
async function releaseUnderWay(version: string) {
  const release = await system.deploy({
    kind: 'image',
    image: await system.image(version, 'never-healthy'),
    hasConsole: true,
  })
  await until('the candidate is asked', 30_000, async () =>
    (await system.release(release.id)).steps.some(
      ({ name, state }) => name === 'health' && state === 'running',
    )
      ? true
      : null,
  )
  return release
}

test('nothing is taken down while a release is under way', async () => {
  const release = await releaseUnderWay('2.0.0')
  const { code, output } = await setUp('down')
  assert.equal(code, 1)
  assert.match(
    output,
    /The deploy by root is under way since \d+ \w+, \d\d:\d\d \S+, so nothing was stopped\.\nWait until it has ended, or abort it with `switchyard abort`, then run the command again\./,
  )
  assert.equal((await system.ended(release.id)).state, 'failed')
  assert.equal((await system.served()).version, '1.0.0')
})

test('no change is applied while a release is under way, and the exit code says so', async () => {
  const release = await releaseUnderWay('2.0.1')
  const { code, output } = await setUp('up')
  assert.equal(code, 75, output)
  assert.match(
    output,
    /\nThe deploy by root is under way since \d+ \w+, \d\d:\d\d \S+, so containers and settings are left as they are\. Run the command again after it to apply changes\.\n$/,
  )
  assert.equal((await system.ended(release.id)).state, 'failed')
})

test('a live slot that never gets healthy is said plainly, with an exit code', async () => {
  const image = (await system.status()).slots.primary.container?.image ?? ''
  const down = await setUp('down')
  assert.equal(down.code, 0, down.output)
  // The live build's tag now names a build that is never healthy.
  const broken = docker.getImage(await system.image('1.0.1', 'never-healthy'))
  await broken.tag({ repo: image.replace(/:[^:]*$/, ''), tag: image.replace(/^.*:/, '') })
  const { code, output } = await setUp('up')
  assert.equal(code, 1)
  assert.match(
    output,
    /Everything was started, but visitors are not served after 15 s: primary says that it is degraded\.\nLook at `switchyard status`/,
  )
  assert.doesNotMatch(output, /Switchyard is up/)
})

test('a project name that is forgotten neither starts a second system nor loses the first', async () => {
  const forgotten = { COMPOSE_PROJECT_NAME: 'switchyard-forgotten' }
  const before = await Promise.all(SERVICES.map(startedAt))
  const up = await system.run(process.execPath, ['src/setup/main.ts', 'up', '--yes'], forgotten)
  assert.equal(up.code, 1, up.output)
  assert.match(
    up.output,
    /This clone runs as the project switchyard-set-up: keep COMPOSE_PROJECT_NAME=switchyard-set-up in switchyard\.env, or run `npm run down` first\./,
  )
  assert.deepEqual(await Promise.all(SERVICES.map(startedAt)), before)
  const down = await system.run(process.execPath, ['src/setup/main.ts', 'down', '--yes'], forgotten)
  assert.equal(down.code, 0, down.output)
  assert.match(down.output, /4 removed/)
})

test('a purge that is answered with no says just that, and removes nothing', async () => {
  const asked = `echo n | script -qefc "'$0' src/setup/main.ts down --purge" /dev/null`
  const { code, output } = await system.run('bash', ['-c', asked, process.execPath])
  assert.equal(code, 1, output)
  includes(output, 'Go on? [y/N] ')
  assert.match(output, /\nNothing was removed\.\r\n$/)
  assert.equal(existsSync(join(system.dir, 'state')), true)
})

test("purge removes the project's tags and data, and nothing that something else uses", async () => {
  const tags = async () => (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? [])
  const ours = async () => (await tags()).filter((tag) => tag.startsWith('switchyard/switchyard-set-up:'))
  const { RepoTags } = await docker.getImage(FOREIGN_IMAGE).inspect()
  assert.equal(RepoTags.length, 2, 'a release has tagged the foreign image')
  await removed(docker.getImage(`${system.name}-slot:2.0.0`))
  const filters = {
    label: [`io.switchyard.project=${system.name}`, 'org.opencontainers.image.version=2.0.0'],
  }
  const used = (await docker.listImages({ filters }))[0]?.RepoTags?.[0] ?? ''
  await docker.createContainer({ name: OTHER_CONTAINER, Image: used })
  const { code, output } = await setUp('down', '--purge')
  assert.equal(code, 0, output)
  includes(output, `All that was set up here is gone but ${used}, which something else uses; its files`)
  includes(output, "\nWhat builds left in Docker's build cache stays too; `docker builder prune` frees it.\n")
  assert.deepEqual(await ours(), [used])
  assert.deepEqual((await docker.getImage(FOREIGN_IMAGE).inspect()).RepoTags, [FOREIGN_IMAGE])
  const directors = await docker.listImages({ filters: { label: [`${DIRECTOR_LABEL}=${system.name}`] } })
  assert.deepEqual(directors, [])
  assert.equal(existsSync(join(system.dir, 'state')), false)
  const installed = ['bin/switchyard', 'lib/switchyard', 'share/zsh/site-functions/_switchyard']
  assert.deepEqual(
    installed.filter((path) => existsSync(join(hostPrefix(system.dir), path))),
    [],
  )
})
