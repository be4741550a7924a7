import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { compressAssets } from '../../src/docker/compress-assets.ts'
import { type Ask, type Rig, startRig } from './nginx-rig.ts'

const ID = 'b0-kept'
const SCRIPT = `globalThis.kept = '${'words that come again, '.repeat(400)}'\n`
const WRITTEN = new Date('2026-01-02T03:04:05Z')
const IMMUTABLE = 'public, max-age=31536000, immutable'

let rig: Rig
let published: string
before(async () => {
  rig = await startRig()
  published = join(rig.dir, 'state', 'assets', ID, '_next', 'static')
  await mkdir(join(published, 'chunks'), { recursive: true })
  for (const name of ['a.js', 'late.js', 'a.css', 'a.map', 'a.woff2']) {
    await writeFile(join(published, 'chunks', name), SCRIPT)
    await utimes(join(published, 'chunks', name), WRITTEN, WRITTEN)
  }
  await compressAssets(published, AbortSignal.timeout(10_000))
  // Of a build that was published before there were copies.
  await writeFile(join(published, 'chunks', 'old.js'), SCRIPT)
})
after(() => rig.stop())
beforeEach(() => rig.route({}))

const GZIP = { 'accept-encoding': 'gzip, br' }
const ask = (path: string, options?: Ask) => rig.ask(`/_next/static/${path}?dpl=${ID}`, options)
const fromSlot = { slot: 'primary', from: 'slot' }

test('a file goes out as it was compressed when it was published, to be kept for ever', async () => {
  const answer = await ask('chunks/a.js', { headers: GZIP })
  assert.equal(answer.httpStatus, 200)
  assert.deepEqual(answer.bytes, await readFile(join(published, 'chunks', 'a.js.gz')))
  assert.equal(gunzipSync(answer.bytes).toString(), SCRIPT)
  assert.match(String(answer.headers['content-type']), /^(application|text)\/javascript; charset=utf-8$/)
  const { 'content-length': length, etag, ...headers } = answer.headers
  assert.equal(Number(length), answer.bytes.length)
  assert.match(String(etag), /^"[0-9a-f]+-[0-9a-f]+"$/)
  assert.equal(headers['content-encoding'], 'gzip')
  assert.equal(headers.vary, 'Accept-Encoding')
  assert.equal(headers['cache-control'], IMMUTABLE)
  assert.equal(headers['last-modified'], 'Fri, 02 Jan 2026 03:04:05 GMT')
  assert.equal(headers['x-content-type-options'], 'nosniff')
})

test('who takes nothing compressed gets the file itself, under another tag and of the same date', async () => {
  const compressed = await ask('chunks/a.js', { headers: GZIP })
  for (const encoding of ['', 'br', 'gzip;q=0']) {
    const headers = { 'accept-encoding': encoding }
    const answer = await ask('chunks/a.js', { headers })
    assert.equal(answer.body, SCRIPT)
    assert.equal(answer.headers['content-encoding'], undefined)
    assert.equal(answer.headers.vary, 'Accept-Encoding')
    assert.equal(answer.headers['cache-control'], IMMUTABLE)
    assert.equal(answer.headers['last-modified'], compressed.headers['last-modified'])
    assert.notEqual(answer.headers.etag, compressed.headers.etag)
  }
})

test('below a base path the files are the same', async () => {
  for (const base of ['/shop', '/a/b']) {
    const answer = await rig.ask(`${base}/_next/static/chunks/a.js?dpl=${ID}`, { headers: GZIP })
    assert.equal(gunzipSync(answer.bytes).toString(), SCRIPT, base)
    assert.equal(answer.headers['cache-control'], IMMUTABLE)
    const missing = await rig.ask(`${base}/_next/static/chunks/none.js?dpl=${ID}`)
    assert.equal(missing.headers['x-served-by'], 'primary')
  }
})

test('styles and source maps are compressed too, fonts in themselves are not', async () => {
  for (const [name, encoding] of [
    ['a.css', 'gzip'],
    ['a.map', 'gzip'],
    ['a.woff2', undefined],
  ] as const) {
    const answer = await ask(`chunks/${name}`, { headers: GZIP })
    assert.equal(answer.headers['content-encoding'], encoding, name)
    assert.equal(answer.headers['cache-control'], IMMUTABLE)
  }
})

test('a build that was published without copies is compressed as it goes', async () => {
  const answer = await ask('chunks/old.js', { headers: GZIP })
  assert.equal(gunzipSync(answer.bytes).toString(), SCRIPT)
  assert.equal(answer.headers['content-encoding'], 'gzip')
  assert.equal(answer.headers.vary, 'Accept-Encoding')
  assert.equal(answer.headers['cache-control'], IMMUTABLE)
  assert.match(String(answer.headers.etag), /^W\//)
})

test('a client that came through another proxy gets it compressed as well', async () => {
  const answer = await ask('chunks/a.js', { headers: { ...GZIP, via: '1.1 some-cdn' } })
  assert.equal(answer.headers['content-encoding'], 'gzip')
})

test('HEAD tells the same without a body', async () => {
  for (const headers of [GZIP, {}]) {
    const read = await ask('chunks/a.js', { headers })
    const head = await ask('chunks/a.js', { method: 'HEAD', headers })
    assert.equal(head.httpStatus, 200)
    assert.equal(head.bytes.length, 0)
    const without = ({ date, ...rest }: NodeJS.Dict<string | string[]>) => rest
    assert.deepEqual(without(head.headers), without(read.headers))
  }
})

test('what a browser has already is answered with 304', async () => {
  for (const headers of [GZIP, {}]) {
    const { etag, 'last-modified': modified } = (await ask('chunks/a.js', { headers })).headers
    for (const [name, value] of [
      ['if-none-match', String(etag)],
      ['if-modified-since', String(modified)],
    ] as const) {
      const answer = await ask('chunks/a.js', { headers: { ...headers, [name]: value } })
      assert.deepEqual([answer.httpStatus, answer.bytes.length], [304, 0])
      assert.equal(answer.headers['cache-control'], IMMUTABLE)
    }
    const other = await ask('chunks/a.js', { headers: { ...headers, 'if-none-match': '"other"' } })
    assert.equal(other.httpStatus, 200)
  }
})

test('a part of a file can be asked for', async () => {
  const part = await ask('chunks/a.js', { headers: { range: 'bytes=10-19' } })
  assert.equal(part.httpStatus, 206)
  assert.equal(part.headers['content-range'], `bytes 10-19/${SCRIPT.length}`)
  assert.equal(part.body, SCRIPT.slice(10, 20))
  const beyond = await ask('chunks/a.js', { headers: { range: `bytes=${SCRIPT.length}-` } })
  assert.equal(beyond.httpStatus, 416)
})

test('a part of the compressed form is that part, or else all of it', async () => {
  const whole = await readFile(join(published, 'chunks', 'a.js.gz'))
  const part = await ask('chunks/a.js', { headers: { ...GZIP, range: 'bytes=10-19' } })
  assert.equal(part.headers['content-encoding'], 'gzip')
  // nginx before 1.23 sends the whole.
  assert.deepEqual(part.bytes, part.httpStatus === 206 ? whole.subarray(10, 20) : whole)
})

test('a file that no kept build has is the slot’s to refuse, and is not to be kept', async () => {
  for (const path of ['chunks/none.js', 'chunks/', 'chunks', 'chunks/a.js/', 'chunks/a']) {
    const answer = await ask(path, { headers: GZIP })
    assert.equal(answer.httpStatus, 404, path)
    assert.deepEqual(JSON.parse(gunzipSync(answer.bytes).toString()), fromSlot, path)
    assert.equal(answer.headers['cache-control'], undefined)
  }
})

test('a file that nginx may not read is the slot’s as well', async () => {
  await writeFile(join(published, 'chunks', 'shut.js'), SCRIPT)
  await chmod(join(published, 'chunks', 'shut.js'), 0o600)
  const answer = await ask('chunks/shut.js')
  assert.deepEqual(JSON.parse(answer.body), fromSlot)
  assert.equal(answer.headers['cache-control'], undefined)
})

test('neither a file nor its copy may be a link', async () => {
  await symlink('/etc/passwd', join(published, 'chunks', 'stray.js'))
  const stray = await ask('chunks/stray.js')
  assert.deepEqual(JSON.parse(stray.body), fromSlot)
  await writeFile(join(published, 'chunks', 'linked.js'), SCRIPT)
  await symlink('/etc/passwd', join(published, 'chunks', 'linked.js.gz'))
  const linked = await ask('chunks/linked.js', { headers: GZIP })
  assert.equal(gunzipSync(linked.bytes).toString(), SCRIPT)
})

test('only reading is done from disk', async () => {
  for (const [method, status] of [
    ['POST', 405],
    ['DELETE', 405],
    ['OPTIONS', 405],
  ] as const) {
    const answer = await ask('chunks/a.js', { method })
    assert.equal(answer.httpStatus, status, method)
    assert.equal(answer.headers['cache-control'], undefined)
  }
})

test('static files of a kept build are served while no slot is live', async () => {
  await rig.route({ live: null })
  assert.equal((await ask('chunks/a.js')).httpStatus, 200)
  const missing = await ask('chunks/none.js')
  assert.equal(missing.httpStatus, 503)
  assert.equal(missing.headers['cache-control'], 'no-store')
})
