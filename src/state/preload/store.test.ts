import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { preloadStore } from './store.ts'

const SOURCE = join(import.meta.dirname, '../../workload/preload')

const root = await mkdtemp(join(tmpdir(), 'preloads-'))
after(() => rm(root, { recursive: true }))

test('the preload is kept under its hash, whole, for others to read, and runs from there', async () => {
  const directory = join(root, 'kept')
  const store = preloadStore(directory, SOURCE)
  const hash = await store.keep()
  assert.match(hash, /^[0-9a-f]{64}$/)
  assert.equal(await store.keep(), hash)
  assert.deepEqual(await readdir(directory), [hash])
  const names = await readdir(join(directory, hash))
  assert.ok(names.includes('main.cjs') && !names.some((name) => name.includes('.test.')), names.join())
  assert.equal((await stat(join(directory, hash))).mode & 0o777, 0o755)
  assert.equal((await stat(join(directory, hash, 'main.cjs'))).mode & 0o777, 0o644)
  const main = join(directory, hash, 'main.cjs')
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--require', main, '-p', '1'])
  assert.deepEqual([stdout, stderr], ['1\n', ''])
})

test('another preload is another directory; those that no slot needs go, and one that is lost gives way to today’s', async () => {
  const directory = join(root, 'others')
  const source = join(root, 'source')
  await mkdir(source)
  const store = preloadStore(directory, source)
  const kept: string[] = []
  for (const text of ['1', '2', '3']) {
    await writeFile(join(source, 'main.cjs'), text)
    kept.push(await store.keep())
  }
  const [first = '', second = '', third = ''] = kept
  await copyFile(join(source, 'main.cjs'), join(directory, 'primary.env'))
  await mkdir(join(directory, 'none'))
  await store.removeOthers(new Set([first]))
  assert.deepEqual((await readdir(directory)).toSorted(), [first, third, 'none', 'primary.env'].toSorted())
  assert.equal(await store.orNow(first), first)
  assert.equal(await store.orNow(second), third)
  await writeFile(join(directory, first, 'main.cjs'), 'damaged')
  assert.equal(await store.orNow(first), third)
  await writeFile(join(directory, third, 'main.cjs'), 'damaged')
  assert.equal(await store.orNow(third), third)
  assert.equal(await preloadStore(directory, source).keep(), third)
})
