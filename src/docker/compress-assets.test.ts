import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { tidyAssets } from './asset-files.ts'
import { compressAssets } from './compress-assets.ts'

const work = mkdtempSync(join(tmpdir(), 'compress-'))
const directory = join(work, 'build')
after(() => rmSync(work, { recursive: true }))
beforeEach(() => {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(join(directory, '_next/static/chunks'), { recursive: true })
})

const soon = (): AbortSignal => AbortSignal.timeout(10_000)
const pathOf = (name: string): string => join(directory, '_next/static/chunks', name)
const names = (): string[] => readdirSync(join(directory, '_next/static/chunks')).sort()
const SCRIPT = `globalThis.words = '${'never twice the same way, '.repeat(200)}'\n`

test('a compressed copy stands beside each file that gets smaller, as old as the file itself', async () => {
  const kinds = ['a.js', 'b.css', 'c.svg', 'd.json', 'e.txt', 'f.js.map', 'g.wasm', 'h.ttf', 'i.otf', 'J.JS']
  for (const name of kinds) {
    writeFileSync(pathOf(name), SCRIPT)
    utimesSync(pathOf(name), new Date('2026-01-02T03:04:05Z'), new Date('2026-01-02T03:04:05Z'))
  }
  assert.deepEqual(await compressAssets(directory, soon()), { files: kinds.length })
  for (const name of kinds) {
    const copy = pathOf(`${name}.gz`)
    assert.equal(gunzipSync(readFileSync(copy)).toString(), SCRIPT)
    assert.equal(statSync(copy).mtime.toISOString(), '2026-01-02T03:04:05.000Z')
    assert.equal(statSync(copy).mode & 0o777, 0o644)
  }
})

test('what is small, compressed in itself or would grow is left as it is', async () => {
  writeFileSync(pathOf('small.js'), SCRIPT.slice(0, 1023))
  writeFileSync(pathOf('noise.js'), randomBytes(4096))
  for (const name of ['a.woff2', 'a.png', 'a.jpg', 'a.avif', 'a.mp4', 'none'])
    writeFileSync(pathOf(name), SCRIPT)
  const before = names()
  assert.deepEqual(await compressAssets(directory, soon()), { files: 0 })
  assert.deepEqual(names(), before)
})

test('a copy that the build made itself stays, and twice is the same as once', async () => {
  writeFileSync(pathOf('a.js'), SCRIPT)
  writeFileSync(pathOf('b.js'), SCRIPT)
  writeFileSync(pathOf('b.js.gz'), 'the build’s own')
  assert.deepEqual(await compressAssets(directory, soon()), { files: 1 })
  assert.deepEqual(await compressAssets(directory, soon()), { files: 0 })
  assert.equal(readFileSync(pathOf('b.js.gz'), 'utf8'), 'the build’s own')
})

test('copies are not counted as files of the build', async () => {
  writeFileSync(pathOf('a.js'), SCRIPT)
  writeFileSync(pathOf('archive.gz'), 'a file of its own')
  assert.deepEqual(await tidyAssets(directory), { files: 2, dropped: 0 })
  await compressAssets(directory, soon())
  assert.deepEqual(names(), ['a.js', 'a.js.gz', 'archive.gz'])
  assert.deepEqual(await tidyAssets(directory), { files: 2, dropped: 0 })
})

test('it ends when it is aborted, with nobody writing any more', async () => {
  for (let file = 0; file < 20; file++)
    writeFileSync(pathOf(`${file}.js`), randomBytes(2_000_000).toString('hex'))
  const stop = new AbortController()
  const ending = compressAssets(directory, stop.signal)
  stop.abort(new Error('no longer wanted'))
  await assert.rejects(ending, { message: 'no longer wanted' })
  rmSync(directory, { recursive: true })
})

test('a name that has no room for a suffix is left out', async () => {
  const name = `${'b'.repeat(250)}.js`
  writeFileSync(pathOf(name), SCRIPT)
  assert.deepEqual(await compressAssets(directory, soon()), { files: 0 })
  assert.deepEqual(names(), [name])
})

test('a link in its way is never written through, and ends it in the file system’s words', async () => {
  writeFileSync(pathOf('a.js'), SCRIPT)
  symlinkSync(join(work, 'elsewhere'), pathOf('a.js.gz'))
  await assert.rejects(compressAssets(directory, soon()), { code: 'EEXIST' })
  assert.equal(existsSync(join(work, 'elsewhere')), false)
})
