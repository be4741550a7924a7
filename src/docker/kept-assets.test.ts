import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { halves, publishedAssets, removeAssets, sweepAssets } from './kept-assets.ts'

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
