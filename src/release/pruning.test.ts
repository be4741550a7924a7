import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daysAgo, endedRelease, image, inventory } from '../../test/fixtures/stored.ts'
import { build, draft, yard } from '../../test/fixtures/yard.ts'
import type { Inventory, StoredImage } from './ports.ts'
import { isPruneNeeded, makeRoom, previewPrune, prune, roomToBeMade } from './pruning.ts'
import { type Runtime, UNRECORDED } from './runtime.ts'

const signal = AbortSignal.timeout(10_000)

/**
 * The yard, which has release 1 in primary and 2 live in secondary, over a stock in memory that also has images of releases
 * that the journal never knew, all of them made long before. What is removed from it is told in `acts`.
 */
async function stocked({ missingBytes = 0, refused = '' } = {}) {
  const { parts, journal } = await yard()
  const images: StoredImage[] = [1, 2, 97, 98, 99].map((number) =>
    image(number, { createdAt: daysAgo(number) }),
  )
  const assets = [1, 2, 97, 98].map((number) => ({ deploymentId: `b${number}`, bytes: 7 }))
  const acts: string[] = []
  const take = (): Inventory =>
    inventory({
      images,
      assets,
      missingBytes: Math.max(0, missingBytes - (5 - images.length) * 100),
    })
  parts.stock = {
    take: async () => take(),
    removeImage: async ({ id }) => {
      if (id === refused) return 'It is being used.'
      acts.push(id)
      images.splice(
        images.findIndex((stored) => stored.id === id),
        1,
      )
      return null
    },
    removeAssets: async (deploymentId) => {
      acts.push(`assets of ${deploymentId}`)
      assets.splice(
        assets.findIndex((stored) => stored.deploymentId === deploymentId),
        1,
      )
    },
    removeLog: async (release) => {
      acts.push(`log of ${release}`)
    },
    sweep: async () => {
      acts.push('sweep')
    },
    dropCaches: async () => {
      acts.push('caches')
    },
  }
  return { parts, journal, acts }
}

test('a preview tells what would go and changes nothing', async () => {
  const { parts, acts } = await stocked()
  const view = await previewPrune(parts, signal)
  assert.equal(view.dryRun, true)
  assert.deepEqual(
    view.kept.map(({ version, why }) => `${version}: ${why}`),
    ['2.0.0: Visitors get it from secondary.', '1.0.0: primary holds it, to roll back to.'],
  )
  assert.deepEqual(
    view.gone.map(({ image }) => image),
    ['shop:99', 'shop:98', 'shop:97'],
  )
  assert.deepEqual(acts, [])
})

test('each image goes before its static files, the oldest build first, and nothing else does', async () => {
  const { parts, acts } = await stocked()
  const said: string[] = []
  const view = await prune(parts, (text) => said.push(text), signal)
  const removed = ['sha256:99', 'sha256:98', 'assets of b98', 'sha256:97', 'assets of b97']
  assert.deepEqual(acts, ['sweep', ...removed])
  assert.match(said[0] ?? '', /^Pruned b99 \(b99\)\. No release knows it, and it was made \d+ days ago\.$/)
  assert.deepEqual([view.dryRun, view.gone.length, view.kept.length], [false, 3, 2])
  const again = await prune(parts, () => assert.fail('There is nothing more to tell.'), signal)
  assert.deepEqual([again.gone, again.kept.length], [[], 2])
})

test('what Docker does not let go stays with its static files, is told, and keeps nothing else', async () => {
  const { parts, acts } = await stocked({ refused: 'sha256:98' })
  const said: string[] = []
  const view = await prune(parts, (text) => said.push(text), signal)
  assert.deepEqual(acts, ['sweep', 'sha256:99', 'sha256:97', 'assets of b97'])
  assert.ok(said.includes('b98 (b98) stays: It is being used.'))
  assert.equal(view.kept.find(({ deploymentId }) => deploymentId === 'b98')?.why, 'It is being used.')
})

test('two images of one build share its static files until the second goes', async () => {
  const { parts, acts } = await stocked()
  const { take } = parts.stock
  parts.stock.take = async (given) => {
    const taken = await take(given)
    const renamed = taken.images.map((stored) =>
      stored.id === 'sha256:99' ? { ...stored, deploymentId: 'b98' } : stored,
    )
    return { ...taken, images: renamed }
  }
  await prune(parts, () => undefined, signal)
  assert.deepEqual(acts.slice(1, 4), ['sha256:99', 'sha256:98', 'assets of b98'])
})

test('a build that a release under way has made stays, on a short disk too', async () => {
  const { parts, acts, journal } = await stocked({ missingBytes: 1_000_000 })
  const { id } = journal.create({ ...endedRelease(3, 0), build: null })
  journal.append(id, { type: 'built', build: build(98) })
  await prune(parts, () => undefined, signal)
  assert.deepEqual(acts, ['sweep', 'sha256:99', 'sha256:97', 'assets of b97'])
})

for (const asked of [
  'shop:98',
  'docker.io/library/shop:98',
  'registry.example.org/shop',
  'sha256:98',
  '98',
]) {
  test(`the image ${asked} stays while it is being deployed, on a short disk too`, async () => {
    const { parts, acts, journal } = await stocked({ missingBytes: 1_000_000 })
    const otherTags = ['registry.example.org/shop:latest']
    const { images } = await parts.stock.take(signal)
    Object.assign(images.find(({ id }) => id === 'sha256:98') ?? {}, { otherTags })
    const source = { kind: 'image' as const, image: asked, hasConsole: true }
    assert.equal((await roomToBeMade(parts, source, signal)).builds, 2)
    journal.create({ ...endedRelease(3, 0), source, build: null })
    await makeRoom(parts, () => undefined, signal)
    assert.deepEqual(acts, ['caches', 'sweep', 'sha256:99', 'sha256:97', 'assets of b97'])
  })
}

test('nothing is removed while it can not be told what visitors get', async () => {
  const { parts, acts } = await stocked()
  parts.traffic.read = () => Promise.reject(new Error('The routing was edited.'))
  await assert.rejects(
    prune(parts, () => undefined, signal),
    /The routing was edited/,
  )
  assert.deepEqual(acts, ['sweep'])
})

test('whoever aborts it gets the lock after the build that is being removed', async () => {
  const { parts, acts } = await stocked()
  const controller = new AbortController()
  const { removeImage } = parts.stock
  parts.stock.removeImage = async (...given) => {
    controller.abort(new Error('A release begins.'))
    return removeImage(...given)
  }
  await assert.rejects(
    prune(parts, () => undefined, controller.signal),
    /A release begins/,
  )
  assert.deepEqual(acts, ['sweep', 'sha256:99'])
})

test('room is made before a release where the disk is short, and nothing goes where it is not', async () => {
  const roomy = await stocked()
  await makeRoom(roomy.parts, () => undefined, signal)
  assert.deepEqual(roomy.acts, [])
  const short = await stocked({ missingBytes: 1 })
  const said: string[] = []
  await makeRoom(short.parts, (text) => said.push(text), signal)
  assert.ok(short.acts.length > 1)
  short.parts.stock.take = () => Promise.reject(new Error('no answer'))
  await makeRoom(short.parts, (text) => said.push(text), signal)
  assert.equal(said.at(-1), 'Old builds could not be pruned: no answer.')
})

test('what the env file names is in use, whatever the journal says, and nothing goes where it can’t be read', async () => {
  const { parts, journal } = await stocked()
  const [named, held]: Runtime[] = ['d', 'e'].map((digit) => ({
    ...UNRECORDED,
    environment: digit.repeat(64),
  }))
  const { id } = journal.create(draft({ slot: 'primary', from: 'secondary' }))
  journal.append(id, { type: 'runtime', runtime: held ?? UNRECORDED, change: null })
  const used: (readonly Runtime[])[] = []
  parts.runtimes.prune = async (runtimes) => {
    used.push(runtimes)
    return false
  }
  parts.envFile.runtimes = async () => [named ?? UNRECORDED]
  await prune(parts, () => undefined, signal)
  parts.stock.take = async () => inventory({})
  await isPruneNeeded(parts, signal)
  assert.deepEqual(used, Array(2).fill([UNRECORDED, UNRECORDED, held, named]))
  parts.envFile.runtimes = () => Promise.reject(new Error('EIO'))
  await assert.rejects(
    prune(parts, () => undefined, signal),
    /EIO/,
  )
  assert.equal(used.length, 2)
})
