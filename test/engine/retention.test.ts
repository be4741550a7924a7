import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pruneViewSchema } from '../../src/release/prune-view.ts'
import { buildSlotImage } from '../fixtures/slot-image.ts'
import { thisMachine } from '../system/place.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { until } from './until.ts'

const NAME = 'switchyard-kept'
const STRANGER = `${NAME}-stranger`
const { docker } = thisMachine
const SETTINGS = { KEEP_BUILDS: '1', KEEP_DAYS: '0', DRAIN_CAP_SECONDS: '0', HEALTH_DEADLINE_SECONDS: '12' }

let system: EngineSystem

before(async () => {
  await sweepStrangers()
  system = await engineSystem({ name: NAME, httpPort: 8610, networkPrefix: '172.30.94', settings: SETTINGS })
  await docker.getImage(`${NAME}-slot:1.0.0`).remove()
})

after(async () => {
  await system.director.close()
  await sweepStrangers()
  await system.sweep()
})

async function sweepStrangers(): Promise<void> {
  for (const { Id } of await docker.listContainers({ all: true, filters: { name: [STRANGER] } }))
    await docker.getContainer(Id).remove({ force: true })
  for (const { Id } of await docker.listImages({ filters: { reference: [STRANGER] } }))
    await docker.getImage(Id).remove({ force: true })
}

const idOf = (version: string): string => version.replaceAll('.', '-')

async function release(image: string): Promise<number> {
  const { id } = await system.deploy({ kind: 'image', image, hasConsole: true })
  const ended = await system.ended(id)
  assert.equal(ended.state, 'live', JSON.stringify(ended.error))
  return id
}

/** Releases a build of the project that is called by it alone, as one that it has built itself. */
async function releaseOwn(version: string): Promise<number> {
  const image = await system.image(version)
  const id = await release(image)
  await docker.getImage(image).remove()
  return id
}

/** The versions whose image the project has a name for. */
async function images(): Promise<string[]> {
  const found = await docker.listImages({ filters: { reference: [`switchyard/${NAME}`] } })
  return found.map(({ Labels }) => Labels['org.opencontainers.image.version'] ?? '').toSorted()
}

const assets = (): string[] =>
  readdirSync(join(system.dir, 'state/assets'))
    .filter((name) => name !== '.images')
    .toSorted()

/** What a tab of `version` gets for a file of its build. */
async function chunkOf(version: string): Promise<number> {
  const path = `/_next/static/chunks/fixture-${idOf(version)}.js?dpl=${idOf(version)}`
  const response = await fetch(`${system.url}${path}`)
  await response.text()
  return response.status
}

async function pruned(...args: string[]) {
  const { code, stdout, output } = await system.cli('prune', '--json', ...args)
  assert.equal(code, 0, output)
  return pruneViewSchema.parse(JSON.parse(stdout))
}

test('live, standby, the last one before them and what a stopped container uses stay; what is older goes', async () => {
  const [{ RepoTags = [] } = { RepoTags: [] }] = await docker.listImages({
    filters: { reference: [`switchyard/${NAME}`] },
  })
  await docker.createContainer({ Image: RepoTags[0] ?? '', name: STRANGER })
  await buildSlotImage(docker, { tag: `${STRANGER}:4`, version: '4.0.0', deploymentId: '4-0-0' })
  await releaseOwn('2.0.0')
  await releaseOwn('3.0.0')
  await release(`${STRANGER}:4`)
  await releaseOwn('5.0.0')
  await releaseOwn('6.0.0')
  const last = await releaseOwn('7.0.0')
  // The last thing that is done about a build is to say so.
  await until('the log tells that 4.0.0 is pruned', 60_000, async () =>
    /^Pruned 4\.0\.0 \(4-0-0\)\. It was last live less than a day ago\.$/m.test(await system.log(last))
      ? true
      : null,
  )
  assert.deepEqual(await images(), ['1.0.0', '5.0.0', '6.0.0', '7.0.0'])
  assert.deepEqual(assets(), ['1-0-0', '5-0-0', '6-0-0', '7-0-0'])
  const { kept } = await pruned('--dry-run')
  assert.deepEqual(
    // Docker's old builder, which makes these images, leaves nameless ones below them.
    kept.filter(({ image }) => image !== null).map(({ version, why }) => `${version}: ${why}`),
    [
      '7.0.0: Visitors get it from primary.',
      '6.0.0: secondary holds it, to roll back to.',
      '5.0.0: It is the newest of the former builds.',
      `1.0.0: The container ${STRANGER} is made from it.`,
    ],
  )
})

test('an image that a stranger named too loses our name alone', async () => {
  const { Id, RepoTags } = await docker.getImage(`${STRANGER}:4`).inspect()
  assert.deepEqual(RepoTags, [`${STRANGER}:4`])
  assert.ok(Id)
})

test('a kept build has its static files, a pruned one has none', async () => {
  assert.equal(await chunkOf('5.0.0'), 200)
  assert.equal(await chunkOf('3.0.0'), 404)
})

test('a dry run says what would go and changes nothing; then that goes, and nothing else', async () => {
  await docker.getContainer(STRANGER).remove({ force: true })
  const hers = join(system.dir, 'state/assets/hers')
  const half = join(system.dir, 'state/assets/9-9-9.tmp')
  for (const path of [hers, half]) mkdirSync(path)
  const stored = async () => ({
    images: await images(),
    assets: assets(),
    logs: readdirSync(join(system.dir, 'state/logs')),
  })
  const before = await stored()
  const dry = await pruned('--dry-run')
  assert.deepEqual(
    dry.gone.map(({ version }) => version),
    ['1.0.0'],
  )
  assert.deepEqual(await stored(), before)
  const done = await pruned()
  assert.deepEqual([done.dryRun, done.gone], [false, dry.gone])
  assert.deepEqual(await images(), ['5.0.0', '6.0.0', '7.0.0'])
  assert.deepEqual(assets(), ['5-0-0', '6-0-0', '7-0-0', 'hers'])
  assert.deepEqual([existsSync(hers), existsSync(half)], [true, false])
  assert.equal((await system.served()).version, '7.0.0')
})

test('who holds the lock is told to whoever prunes', async () => {
  const slow = await system.image('8.0.0', 'never-healthy')
  const { id } = await system.deploy({ kind: 'image', image: slow, hasConsole: true })
  const { code, output } = await system.cli('prune')
  assert.equal(code, 75, output)
  assert.match(output, new RegExp(`is busy with deploy \\(release ${id}\\)`))
  await system.director.raw('/v1/abort', { method: 'POST' })
  await system.ended(id)
})

test('where the disk is short, what may go goes before a release is refused', async () => {
  const up = await system.run(process.execPath, ['src/setup/main.ts', 'up', '--yes'], {
    KEEP_BUILDS: '0',
    KEEP_DAYS: '30',
    MIN_FREE_DISK: '1000000g',
  })
  assert.equal(up.code, 0, up.output)
  const { id } = await system.deploy({ kind: 'image', image: `${STRANGER}:4`, hasConsole: true })
  const { state, error } = await system.ended(id)
  assert.deepEqual([state, error?.code], ['failed', 'disk-full'])
  assert.match(
    await system.log(id),
    /^Pruned 5\.0\.0 \(5-0-0\)\. The disk is short of room\. It was last live less than a day ago; it goes after 30 days\.$/m,
  )
  assert.deepEqual(
    (await images()).filter((version) => version !== '8.0.0'),
    ['6.0.0', '7.0.0'],
  )
  assert.equal((await system.served()).version, '7.0.0')
})
