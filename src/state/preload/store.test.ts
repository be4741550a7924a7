import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
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

/** Three preloads, kept one after the other, of which the last is today's. */
async function three(name: string) {
  const [directory, source] = [join(root, name), join(root, `${name}-source`)]
  await mkdir(source)
  const store = preloadStore(directory, source)
  const kept: string[] = []
  const become = async (text: string): Promise<string> => {
    await writeFile(join(source, 'main.cjs'), text)
    return store.keep()
  }
  for (const text of ['1', '2', '3']) kept.push(await become(text))
  const [first = '', second = '', third = ''] = kept
  const textOf = (hash: string): Promise<string> => readFile(join(directory, hash, 'main.cjs'), 'utf8')
  const lose = (hash: string): Promise<void> => rm(join(directory, hash), { recursive: true })
  return { directory, source, store, first, second, third, become, textOf, lose }
}

test('another preload is another directory, and those that no slot needs go', async () => {
  const { directory, source, store, first, third } = await three('others')
  await copyFile(join(source, 'main.cjs'), join(directory, 'primary.env'))
  await mkdir(join(directory, 'none'))
  await store.removeOthers(new Set([first]))
  assert.deepEqual((await readdir(directory)).toSorted(), [first, third, 'none', 'primary.env'].toSorted())
  assert.equal(await store.mend(first), false)
})

test('where one is lost, damaged or was made empty by Docker, its name leads to today’s', async () => {
  const { directory, store, first, second, third, textOf, lose } = await three('lost')
  await lose(first)
  await writeFile(join(directory, second, 'main.cjs'), 'damaged')
  for (const hash of [first, second]) {
    assert.deepEqual([await store.has(hash), await store.mend(hash)], [false, true])
    assert.deepEqual([await store.has(hash), await store.mend(hash)], [true, false])
    assert.equal(await textOf(hash), '3')
    assert.equal(await readlink(join(directory, hash)), third)
  }
  await lose(first)
  await mkdir(join(directory, first))
  assert.equal(await store.mend(first), true)
  assert.equal(await textOf(first), '3')
})

test('today’s own comes back as itself, also where another had taken its place', async () => {
  const { directory, source, store, third, become, textOf, lose } = await three('own')
  await writeFile(join(directory, third, 'main.cjs'), 'damaged')
  assert.equal(await store.mend(third), true)
  assert.equal(await textOf(third), '3')
  const fourth = await become('4')
  await lose(third)
  assert.equal(await store.mend(third), true)
  assert.equal(await textOf(third), '4')
  assert.equal(await become('3'), third)
  assert.deepEqual([await textOf(third), await textOf(fourth)], ['3', '4'])
  await writeFile(join(directory, third, 'main.cjs'), 'damaged')
  assert.equal(await preloadStore(directory, source).keep(), third)
  assert.equal(await textOf(third), '3')
})

test('what stands in for one that a slot needs stays as long as that does, and is no other’s after an update', async () => {
  const { directory, store, first, second, third, become, textOf, lose } = await three('updated')
  await lose(first)
  await store.mend(first)
  const fourth = await become('4')
  await store.removeOthers(new Set([first]))
  assert.deepEqual((await readdir(directory)).toSorted(), [first, third, fourth].toSorted())
  assert.deepEqual([await store.mend(first), await textOf(first)], [false, '3'])
  await lose(third)
  assert.deepEqual([await store.mend(first), await textOf(first)], [true, '4'])
  await store.removeOthers(new Set([second]))
  assert.deepEqual(await readdir(directory), [fourth])
})
