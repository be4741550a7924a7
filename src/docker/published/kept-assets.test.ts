import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { halves, publishedAssets, removeAssets, sweepAssets } from './kept-assets.ts'
import { link, publishedImage } from './layout.ts'

const root = mkdtempSync(join(tmpdir(), 'kept-assets-'))
after(() => rmSync(root, { recursive: true }))

function directory(name: string): string {
  const path = join(root, name)
  for (const build of ['b1', 'b2', 'b3.tmp', 'not ours', 'also.not', 'not ours.tmp']) {
    mkdirSync(join(path, build, '_next/static'), { recursive: true })
    writeFileSync(join(path, build, '_next/static/main.js'), 'x'.repeat(5_000))
  }
  writeFileSync(join(path, 'b4.tmp'), 'A file, which no build leaves.')
  return path
}

test('what is published is told with what it takes, and what is called otherwise is not', async () => {
  const found = await publishedAssets(directory('listed'))
  assert.deepEqual(found.map(({ deploymentId }) => deploymentId).toSorted(), ['b1', 'b2'])
  for (const { bytes } of found) assert.ok(bytes >= 5_000 && bytes < 100_000, `${bytes}`)
  assert.deepEqual(await publishedAssets(join(root, 'absent')), [])
})

test('one build goes whole, also over what an earlier removal left of it', async () => {
  const path = directory('removed')
  mkdirSync(join(path, 'b1.tmp/_next'), { recursive: true })
  await removeAssets(path, 'b1')
  assert.deepEqual(readdirSync(path).toSorted(), [
    'also.not',
    'b2',
    'b3.tmp',
    'b4.tmp',
    'not ours',
    'not ours.tmp',
  ])
})

test('a sweep takes what is half there, and nothing else', async () => {
  const path = directory('swept')
  assert.deepEqual(await halves(path), ['b3.tmp'])
  await sweepAssets(path)
  assert.deepEqual(await halves(path), [])
  assert.deepEqual(readdirSync(path).toSorted(), [
    'also.not',
    'b1',
    'b2',
    'b4.tmp',
    'not ours',
    'not ours.tmp',
  ])
  await sweepAssets(join(root, 'absent'))
})

test('a link goes with the files of its image, and files of an image that no link shows are half there', async () => {
  const path = join(root, 'linked')
  const [kept, gone, unlinked] = ['a', 'b', 'c'].map((letter) => letter.repeat(64))
  for (const image of [kept, gone, unlinked, `${'d'.repeat(64)}.tmp`]) {
    mkdirSync(join(path, '.images', image ?? '', '_next/static'), { recursive: true })
    writeFileSync(join(path, '.images', image ?? '', '_next/static/main.js'), 'x'.repeat(5_000))
  }
  await link(path, 'l1', `sha256:${kept}`)
  await link(path, 'l2', `sha256:${gone}`)
  const found = await publishedAssets(path)
  assert.deepEqual(found.map(({ deploymentId }) => deploymentId).toSorted(), ['l1', 'l2'])
  for (const { bytes } of found) assert.ok(bytes >= 5_000, `${bytes}`)
  assert.deepEqual((await halves(path)).toSorted(), [`.images/${unlinked}`, `.images/${'d'.repeat(64)}.tmp`])
  await removeAssets(path, 'l2')
  await sweepAssets(path)
  assert.deepEqual(readdirSync(path).toSorted(), ['.images', 'l1'])
  assert.deepEqual(readdirSync(join(path, '.images')), [kept])
  assert.equal(await publishedImage(path, 'l1'), `sha256:${kept}`)
  assert.equal(await publishedImage(path, 'l2'), null)
})

test('a link that was half made or half removed when the director was killed goes, and keeps no image', async () => {
  for (const left of ['l1.link', 'l1.tmp']) {
    const path = join(root, left)
    const image = 'e'.repeat(64)
    mkdirSync(join(path, '.images', image), { recursive: true })
    symlinkSync(join('.images', image), join(path, left))
    assert.deepEqual(await publishedAssets(path), [])
    assert.deepEqual((await halves(path)).toSorted(), [`.images/${image}`, left])
    await sweepAssets(path)
    assert.deepEqual(readdirSync(path, { recursive: true }), ['.images'])
  }
})
