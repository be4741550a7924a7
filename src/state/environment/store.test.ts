import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { environmentStore } from './store.ts'

const root = mkdtempSync(join(tmpdir(), 'environments-'))
after(() => rmSync(root, { recursive: true }))

let made = 0
function fresh() {
  const directory = join(root, String(made++), 'environments')
  return { directory, store: environmentStore(directory) }
}

const VALUES = new Map([
  ['B', '$2a$10$x'],
  ['A', "it's\n"],
])

test('an environment is kept once, whatever the order of its lines, and for its owner alone', async () => {
  const { directory, store } = fresh()
  const hash = await store.keep(VALUES)
  assert.equal(await store.keep(new Map([...VALUES].toReversed())), hash)
  assert.deepEqual(await store.list(), [hash])
  assert.deepEqual([...((await store.read(hash)) ?? [])].toSorted(), [...VALUES].toSorted())
  const modes = [directory, join(directory, `${hash}.env`), join(directory, 'key')].map(
    (path) => statSync(path).mode & 0o777,
  )
  assert.deepEqual(modes, [0o700, 0o600, 0o600])
})

test('another value is another environment, and the hash can not be had from the values alone', async () => {
  const [one, other] = [fresh(), fresh()]
  const hash = await one.store.keep(VALUES)
  assert.notEqual(await one.store.keep(new Map([...VALUES, ['A', 'x']])), hash)
  assert.notEqual(await other.store.keep(VALUES), hash)
})

test('one that is damaged is told from one that is whole, and kept anew', async () => {
  const { directory, store } = fresh()
  const hash = await store.keep(VALUES)
  const path = join(directory, `${hash}.env`)
  const whole = readFileSync(path, 'utf8')
  for (const damaged of ['', whole.slice(0, 20), whole.replace('$$2a', '$$2b'), whole.slice(0, -1)]) {
    writeFileSync(path, damaged)
    assert.equal(await store.read(hash), null)
  }
  assert.equal(await store.keep(VALUES), hash)
  assert.equal(readFileSync(path, 'utf8'), whole)
})

test('what was kept is read without the key too, and goes when it is removed', async () => {
  const { directory, store } = fresh()
  const hash = await store.keep(VALUES)
  rmSync(join(directory, 'key'))
  assert.equal((await store.read(hash))?.get('B'), '$2a$10$x')
  await store.remove(hash)
  await store.remove(hash)
  assert.deepEqual([await store.read(hash), await store.list()], [null, []])
})

test('an app without settings has an environment too', async () => {
  const { store } = fresh()
  assert.deepEqual([...((await store.read(await store.keep(new Map()))) ?? ['none'])], [])
  assert.deepEqual(await fresh().store.list(), [])
})
