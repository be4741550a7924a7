import assert from 'node:assert/strict'
import { get } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { createGunzip, gunzipSync } from 'node:zlib'
import { type Answer, type Ask, PUBLIC_URL, type Rig, startRig } from './nginx-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())
beforeEach(() => rig.route({}))

const BYTES = 5_000
const AGAIN = /^(?:words that come again, )+/
const says = (headers: Record<string, string>, bytes: number = BYTES) =>
  `/says?${new URLSearchParams({ ...headers, bytes: String(bytes) })}`
const takesGzip: Record<string, string> = { 'accept-encoding': 'gzip, deflate, br, zstd' }

function assertCompressed(answer: Answer): void {
  assert.equal(answer.headers['content-encoding'], 'gzip')
  assert.equal(answer.headers.vary, 'Accept-Encoding')
  assert.equal(answer.headers['content-length'], undefined)
  assert.match(gunzipSync(answer.bytes).toString(), AGAIN)
  assert.ok(answer.bytes.length < BYTES / 10, `${answer.bytes.length} bytes came`)
}

function assertPlain(answer: Answer, bytes: number = BYTES): void {
  assert.equal(answer.headers['content-encoding'], undefined)
  assert.equal(answer.bytes.length, bytes)
  assert.match(answer.body, AGAIN)
}

const TYPES = [
  'text/html; charset=utf-8',
  'text/x-component',
  'text/css; charset=UTF-8',
  'text/plain; charset=utf-8',
  'text/xml',
  'text/javascript',
  'application/javascript; charset=UTF-8',
  'application/json',
  'application/ld+json',
  'application/manifest+json',
  'application/xml',
  'application/rss+xml',
  'application/atom+xml',
  'image/svg+xml',
  'application/wasm',
]

test('what a slot answers is compressed for who takes it so', async () => {
  for (const type of TYPES) {
    const path = says({ 'content-type': type })
    for (const headers of [takesGzip, { ...takesGzip, via: '1.1 some-cdn' }]) {
      assertCompressed(await rig.ask(path, { headers }))
    }
    for (const encoding of ['', 'br', 'gzip;q=0']) {
      const headers = { 'accept-encoding': encoding }
      const answer = await rig.ask(path, { headers })
      assertPlain(answer)
      assert.equal(answer.headers.vary, 'Accept-Encoding', 'a cache must not give it to the others')
    }
  }
})

/** Echoed by the slot, so that its answers are worth compressing. */
const LONG = { ...takesGzip, 'x-words': 'x'.repeat(BYTES) }
const ELSEWHERE: Readonly<Record<string, Ask & { path: string }>> = {
  'an answer to what was sent': { path: '/page', method: 'POST', headers: LONG, body: 'x' },
  'a page for who asked for a stream': { path: '/page', headers: { ...LONG, accept: 'text/event-stream' } },
  'an error of the app': { path: says({ status: '404', 'content-type': 'text/html' }), headers: takesGzip },
  'a static file that only a slot has': { path: '/_next/static/of-the-slot.js', headers: takesGzip },
  'a page of the console': { path: '/ops', headers: LONG },
  'a page of the console from the other slot': { path: '/ops?via=other', headers: LONG },
  'an answer to a verb of the console': {
    path: '/api/ops/deploy',
    method: 'POST',
    headers: LONG,
    body: '{}',
  },
}

for (const [what, { path, ...options }] of Object.entries(ELSEWHERE)) {
  test(`compressed too: ${what}`, async () => {
    const answer = await rig.ask(path, options)
    assert.equal(answer.headers['content-encoding'], 'gzip')
    assert.ok(gunzipSync(answer.bytes).length >= BYTES)
  })
}

test('what is small, of another type or compressed already is left as it is', async () => {
  const small = { 'content-type': 'text/html', 'content-length': '1000' }
  assertPlain(await rig.ask(says(small, 1_000), { headers: takesGzip }), 1_000)
  for (const type of ['image/png', 'font/woff2', 'application/octet-stream', 'text/event-stream']) {
    assertPlain(await rig.ask(says({ 'content-type': type }), { headers: takesGzip }))
  }
  const own = says({ 'content-type': 'text/html', 'content-encoding': 'br' })
  const answer = await rig.ask(own, { headers: takesGzip })
  assert.deepEqual([answer.headers['content-encoding'], answer.bytes.length], ['br', BYTES])
})

test('events are never compressed', async () => {
  const headers = { ...takesGzip, accept: 'text/event-stream' }
  for (const path of ['/sse', '/api/ops/releases/1/events']) {
    const answer = await fetch(`${PUBLIC_URL}${path}`, { headers, signal: AbortSignal.timeout(5_000) })
    assert.equal(answer.headers.get('content-encoding'), null)
    const reader = answer.body?.getReader()
    assert.match(new TextDecoder().decode((await reader?.read())?.value), /^data: 1 primary/)
    await reader?.cancel()
  }
})

test('what a browser has already, compressed or not, is the app’s to answer with 304', async () => {
  const path = says({ 'content-type': 'text/html', etag: '"v1"', vary: 'rsc' })
  for (const [headers, etag] of [
    [takesGzip, 'W/"v1"'],
    [{}, '"v1"'],
  ] as const) {
    const first = await rig.ask(path, { headers })
    assert.equal(first.headers.etag, etag)
    assert.match(String(first.headers.vary), /^(?:rsc, Accept-Encoding|Accept-Encoding, rsc)$/)
    const again = await rig.ask(path, { headers: { ...headers, 'if-none-match': etag } })
    assert.deepEqual([again.httpStatus, again.bytes.length, again.headers.etag], [304, 0, '"v1"'])
    const other = await rig.ask(path, { headers: { ...headers, 'if-none-match': 'W/"v0"' } })
    assert.equal(other.httpStatus, 200)
  }
})

const APART_MS = 1_000

/** When each part of a page that streams was there to be shown, in ms from the request on. */
function partsOf(
  type: string,
  headers: Record<string, string>,
): Promise<{ isGzip: boolean; atMs: number[] }> {
  const path = `/in-parts?${new URLSearchParams({ ms: String(APART_MS), 'content-type': type })}`
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(10_000)
    get(`${PUBLIC_URL}${path}`, { headers, agent: false, signal }, (answer) => {
      const isGzip = answer.headers['content-encoding'] === 'gzip'
      const page = isGzip ? answer.pipe(createGunzip()) : answer
      const atMs: number[] = []
      let text = ''
      page.setEncoding('utf8').on('data', (part: string) => {
        text += part
        const parts = ['[shell]', '[more]', '[rest]'].filter((mark) => text.includes(mark)).length
        while (atMs.length < parts) atMs.push(performance.now() - startedAt)
      })
      page.on('error', reject).on('end', () => resolve({ isGzip, atMs }))
    }).on('error', reject)
  })
}

test('a page that streams arrives part by part, compressed or not', async () => {
  const kinds = ['text/html; charset=utf-8', 'text/x-component', 'text/plain'].flatMap((type) =>
    [{}, takesGzip].map((headers) => ({ type, headers })),
  )
  const pages = await Promise.all(
    kinds.map(async ({ type, headers }) => ({ type, headers, ...(await partsOf(type, headers)) })),
  )
  for (const { type, headers, isGzip, atMs } of pages) {
    assert.equal(isGzip, headers === takesGzip)
    const said = `${type}, ${isGzip ? 'gzip' : 'plain'}: ${atMs.map(Math.round).join(', ')} ms`
    assert.equal(atMs.length, 3, said)
    const late = atMs.filter((ms, part) => ms > (part + 0.7) * APART_MS)
    assert.deepEqual(late, [], said)
  }
})
