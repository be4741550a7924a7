import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Docker from 'dockerode'
import { dockerBuilder } from '../../src/docker/build.ts'
import { startRegistry } from '../fixtures/registry.ts'
import { buildSlotImage } from '../fixtures/slot-image.ts'
import { deadline, freshProject, NODE_IMAGE, PORTS, sentenceOf, sweep } from './docker-project.ts'

const docker = new Docker()
const project = await freshProject(docker)
const repository = `127.0.0.1:${PORTS.registry}/site`
const options = {
  ...{ docker, project, nodeImage: NODE_IMAGE, caPath: '/nowhere' },
  allowedImages: repository,
  buildCpus: '',
  buildMemoryBytes: 256 * 1024 ** 2,
  bars: { list: () => [] },
}
const builder = dockerBuilder(options)

await removeImages()
const registry = await startRegistry(PORTS.registry)
after(async () => {
  await removeImages()
  await sweep(docker)
})

async function removeImages(): Promise<void> {
  for (const { Id } of await docker.listImages({ filters: { reference: [repository] } })) {
    await docker.getImage(Id).remove({ force: true })
  }
}

const source = (image: string) => ({ kind: 'image' as const, image, hasConsole: false })
const check = (image: string): Promise<string> => builder.check(source(image), deadline())

async function obtain(image: string, release: number) {
  const lines: string[] = []
  const log = (line: string): number => lines.push(line)
  const build = await builder.obtain({ source: source(image), release, label: null }, log, deadline())
  return { version: build.version, lines }
}

const silent = (): undefined => undefined

const latest = `${repository}:latest`

test('an image that is missing is pulled from an allowed registry', async () => {
  registry.put('latest', '1.0.0')
  assert.equal(await check(latest), `The image ${latest} will be pulled from its registry.`)
  assert.equal((await obtain(latest, 1)).version, '1.0.0')
  assert.equal(await check(latest), `The image ${latest} is on this host.`)
})

test('a tag that moved is pulled again, and one that did not is left alone', async () => {
  const unmoved = await obtain(latest, 2)
  assert.equal(unmoved.version, '1.0.0')
  assert.equal(unmoved.lines.length, 1, unmoved.lines.join('\n'))
  registry.put('latest', '1.1.0')
  assert.equal(await check(latest), `The image ${latest} will be pulled from its registry.`)
  const moved = await obtain(latest, 3)
  assert.equal(moved.version, '1.1.0')
  assert.ok(
    moved.lines.some((line) => line.includes('Downloaded newer image')),
    moved.lines.join('\n'),
  )
})

test('an image by its digest, and without a list of repositories any other, is not asked for', async () => {
  const digest = registry.put('fixed', '2.0.0')
  const fixed = `${repository}@${digest}`
  assert.equal((await obtain(fixed, 4)).version, '2.0.0')
  registry.seen()
  assert.equal(await check(fixed), `The image ${fixed} is on this host.`)
  const open = dockerBuilder({ ...options, allowedImages: '' })
  assert.equal(await open.check(source(latest), deadline()), `The image ${latest} is on this host.`)
  assert.deepEqual(registry.seen(), [])
})

test('an image that claims the id of an own build, or of another image, is refused in a sentence', async () => {
  const repo = `switchyard/${project.name}`
  const made = async (tag: string, deploymentId: string, version: string): Promise<string> => {
    await buildSlotImage(docker, { tag, deploymentId, version })
    return tag
  }
  const refused = async (image: string): Promise<string> =>
    (await sentenceOf(builder.obtain({ source: source(image), release: 9, label: null }, silent, deadline())))
      .sentence
  for (const id of ['b42-1a2b3c4', 'b7']) {
    const future = await made(`${repository}:future-${id}`, id, `9.${id}`)
    const sentence = `The image "${future}" can't be released: it claims the deployment id ${id}, and ids of this form are given to builds that are made here.`
    assert.equal(await refused(future), sentence)
    assert.equal((await sentenceOf(check(future))).sentence, sentence)
  }
  const own = await made(`${repo}:b7`, 'b7', '9.b7')
  assert.equal(await check(own), `The image ${own} is on this host.`)
  const theirs = await made(`${repository}:theirs`, 'theirs', '1.0.0')
  await builder.obtain({ source: source(theirs), release: 10, label: null }, silent, deadline())
  await builder.obtain({ source: source(theirs), release: 11, label: null }, silent, deadline())
  const other = await made(`${repository}:another`, 'theirs', '1.0.1')
  assert.match(
    await refused(other),
    /^The image ".*:another" can't be released: it claims the deployment id theirs, which is that of another image \([0-9a-f]{12}\)\.$/,
  )
  await docker.getImage(own).remove()
})

test('a registry that does not answer leaves the image that is here, and a doubt', async () => {
  await registry.close()
  const doubt = `Its registry does not say whether ${latest} has changed since: `
  assert.ok((await check(latest)).startsWith(`The image ${latest} is on this host. ${doubt}`))
  const { version, lines } = await obtain(latest, 5)
  assert.equal(version, '1.1.0')
  assert.ok(lines[0]?.startsWith(doubt) && /connection refused\.$/.test(lines[0]), lines.join('\n'))
  const { sentence } = await sentenceOf(check(`${repository}:other`))
  assert.equal(sentence, `There is no image "${repository}:other" on this host.`)
})
