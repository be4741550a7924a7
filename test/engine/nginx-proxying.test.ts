import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { DEPLOYMENT_IDS, INTERNAL_URL, PUBLIC_URL, type Rig, startRig, until } from './nginx-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())
beforeEach(() => rig.route({}))

test('the slot learns host, scheme and visitor from nginx, never from the visitor', async () => {
  const { body } = await rig.ask('/page', {
    headers: {
      host: 'shop.example:8443',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-port': '1',
      'x-real-ip': '6.6.6.6',
      'x-request-id': 'mine',
      forwarded: 'for=6.6.6.6',
      'x-switchyard-user': 'root',
      'x-switchyard-protocol': '99',
      'x-middleware-subrequest': 'middleware',
    },
  })
  const { headers } = JSON.parse(body)
  assert.equal(headers.host, 'shop.example:8443')
  assert.equal(headers['x-forwarded-host'], 'shop.example:8443')
  assert.equal(headers['x-forwarded-proto'], 'http')
  assert.equal(headers['x-forwarded-for'], '172.30.61.1')
  assert.equal(headers['x-real-ip'], '172.30.61.1')
  assert.match(headers['x-request-id'], /^[0-9a-f]{32}$/)
  for (const name of ['x-forwarded-port', 'forwarded', 'x-switchyard-user', 'x-switchyard-protocol']) {
    assert.equal(headers[name], undefined, name)
  }
  assert.equal(headers['x-middleware-subrequest'], undefined)
})

test('answers carry security headers where the app sets none, and the app’s own where it does', async () => {
  const plain = (await rig.ask('/page')).headers
  assert.equal(plain['x-content-type-options'], 'nosniff')
  assert.equal(plain['referrer-policy'], 'strict-origin-when-cross-origin')
  assert.equal(plain['x-frame-options'], 'SAMEORIGIN')
  assert.equal(plain['content-security-policy'], undefined)
  assert.match(String(plain['x-request-id']), /^[0-9a-f]{32}$/)
  const console = (await rig.ask('/ops')).headers
  assert.equal(console['x-frame-options'], 'DENY')
  assert.equal(
    console['content-security-policy'],
    "frame-ancestors 'none'; base-uri 'self'; object-src 'none'",
  )
  const own = await rig.ask('/own-headers')
  assert.equal(own.headers['x-frame-options'], 'ALLOWALL')
  assert.equal(own.headers['content-security-policy'], 'frame-ancestors *')
  assert.equal(own.headers['referrer-policy'], 'no-referrer')
})

test('a slot can not pose as the other one, nor send visitors to nginx’s own files', async () => {
  const answer = await rig.ask('/own-headers')
  assert.equal(answer.headers['x-served-by'], 'primary')
  assert.equal(answer.headers['x-powered-by'], undefined)
  assert.deepEqual(JSON.parse(answer.body), { slot: 'primary' })
  assert.equal((await rig.ask('/_switchyard/error.html')).httpStatus, 404)
})

test('static files of a kept build come from disk, whatever is live; the rest from the slot', async () => {
  const directory = join(rig.dir, 'state', 'assets', 'b0-old', '_next', 'static', 'chunks')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'a.js'), `globalThis.old = '${'x'.repeat(4000)}'`)
  await symlink('/etc/passwd', join(directory, 'stray.js'))
  const kept = await rig.ask('/_next/static/chunks/a.js?dpl=b0-old', {
    headers: { 'accept-encoding': 'gzip' },
  })
  assert.equal(kept.httpStatus, 200)
  assert.equal(kept.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.match(String(kept.headers['content-type']), /^application\/javascript|^text\/javascript/)
  assert.equal(kept.headers['content-encoding'], 'gzip')
  assert.equal(kept.headers['x-served-by'], undefined)
  for (const path of ['a.js', 'b.js?dpl=b0-old', 'a.js?dpl=b9-none', 'stray.js?dpl=b0-old', 'a.js?dpl=..']) {
    const answer = await rig.ask(`/_next/static/chunks/${path}`)
    assert.deepEqual(JSON.parse(answer.body), { slot: 'primary', from: 'slot' }, path)
  }
})

const ASK_AGAIN = 'public, max-age=0, must-revalidate'
type Kept = { path?: string; type?: string; says: string; status?: string; passedOn: string }
const CACHE_CONTROLS: readonly Kept[] = [
  { type: 'text/html; charset=utf-8', says: 's-maxage=31536000', passedOn: ASK_AGAIN },
  { type: 'text/html', says: 's-maxage=5, stale-while-revalidate=31535995', passedOn: ASK_AGAIN },
  { type: 'text/x-component', says: 's-maxage=31536000', passedOn: ASK_AGAIN },
  { type: 'text/html; charset=utf-8', says: 's-maxage=31536000', status: '404', passedOn: ASK_AGAIN },
  { says: 's-maxage=31536000', status: '304', passedOn: ASK_AGAIN },
  { type: 'text/html', says: 'public, s-maxage=60', passedOn: 'public, s-maxage=60' },
  { type: 'text/html', says: 'private, no-store', passedOn: 'private, no-store' },
  { type: 'application/json', says: 's-maxage=10', passedOn: 's-maxage=10' },
  { type: 'application/json', says: 'public, max-age=60', passedOn: 'public, max-age=60' },
  { type: 'image/webp', says: 'public, max-age=14400', passedOn: 'public, max-age=14400' },
  { says: 'public, max-age=60', status: '304', passedOn: 'public, max-age=60' },
  // What a visitor writes into the path changes nothing.
  { path: '/says/a|b', type: 'text/html', says: 's-maxage=31536000', passedOn: ASK_AGAIN },
  { path: '/says/||s-maxage=', type: 'text/html', says: 'private, no-store', passedOn: 'private, no-store' },
  { path: '/says|s-maxage=1|text/html|', says: 'private', passedOn: 'private' },
]

test('no cache in front keeps a page past a release, and all else is kept as the app says', async () => {
  for (const { path = '/says', type, says, status = '200', passedOn } of CACHE_CONTROLS) {
    const query = new URLSearchParams({
      status,
      'cache-control': says,
      ...(type && { 'content-type': type }),
    })
    const answer = await rig.ask(`${path}?${query}`)
    assert.equal(answer.httpStatus, Number(status))
    assert.equal(answer.headers['cache-control'], passedOn, `${path} ${type} ${says} ${status}`)
  }
  assert.equal((await rig.ask('/page')).headers['cache-control'], undefined)
})

test('a page that brings a visitor’s own cookie is for that visitor alone', async () => {
  await rig.route({ shares: { secondary: 10 } })
  const page = `/says?${new URLSearchParams({ 'content-type': 'text/html', 'cache-control': 's-maxage=31536000' })}`
  const first = await rig.ask(page)
  assert.equal(first.headers['cache-control'], 'private, no-cache')
  const cookie = /^[^;]+/.exec(String(first.headers['set-cookie']))?.[0] ?? ''
  assert.match(cookie, /^switchyard_visitor=/)
  assert.equal((await rig.ask(page, { headers: { cookie } })).headers['cache-control'], ASK_AGAIN)
})

test('an image of a build that no slot runs is shown from disk as it is', async () => {
  // As it is published: a link that the director made leads to the files of one image.
  const ofImage = join('.images', 'c'.repeat(64))
  const media = join(rig.dir, 'state', 'assets', ofImage, '_next', 'static', 'media')
  await mkdir(media, { recursive: true })
  await symlink(ofImage, join(rig.dir, 'state', 'assets', 'b0-pictures'))
  await writeFile(join(media, 'square.2zuy66pq4_7hz.png'), 'a picture')
  const image = (name: string, id: string) =>
    rig.ask(`/_next/image?url=${encodeURIComponent(`/_next/static/media/${name}`)}&w=48&q=75&dpl=${id}`)
  const kept = await image('square.2zuy66pq4_7hz.png', 'b0-pictures')
  assert.equal(kept.httpStatus, 200)
  assert.equal(kept.body, 'a picture')
  assert.equal(kept.headers['content-type'], 'image/png')
  assert.equal(kept.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal(kept.headers['x-content-type-options'], 'nosniff')
  await symlink('/etc/passwd', join(media, 'stray.png'))
  assert.equal((await image('stray.png', 'b0-pictures')).httpStatus, 404)
  const slotOf = async (answer: Promise<{ body: string }>) => JSON.parse((await answer).body).slot
  for (const [name, id] of [
    ['square.2zuy66pq4_7hz.png', 'b9-none'],
    ['other.png', 'b0-pictures'],
    ['..', 'b0-pictures'],
    ['../../../../secret.txt', 'b0-pictures'],
  ] as const) {
    assert.equal(await slotOf(image(name, id)), 'primary', `${name} of ${id}`)
  }
  await rig.route({ shares: { secondary: 100 } })
  assert.equal((await image('square.2zuy66pq4_7hz.png', 'b0-pictures')).body, 'a picture')
  await rig.route({ pins: [{ deploymentId: 'b0-pictures', slot: 'secondary' }] })
  assert.equal(await slotOf(image('square.2zuy66pq4_7hz.png', 'b0-pictures')), 'secondary')
})

test('a large body arrives whole, one above 10 MB is refused in words', async () => {
  const body = randomBytes(3 * 1024 * 1024)
  const sha256 = createHash('sha256').update(body).digest('hex')
  const answer = JSON.parse((await rig.ask('/echo', { method: 'POST', body })).body)
  assert.deepEqual([answer.bytes, answer.sha256], [body.length, sha256])
  const refused = await rig.ask('/echo', {
    method: 'POST',
    headers: { 'content-length': String(11 * 1024 * 1024), accept: 'application/json' },
    body: randomBytes(1024),
  })
  assert.equal(refused.httpStatus, 413)
  assert.equal(JSON.parse(refused.body).error.what, 'What was sent is larger than this site accepts.')
})

test('forty slow uploads at once cut nobody else off', async () => {
  const bytes = 10 * 1024 * 1024
  const body = randomBytes(bytes - 1)
  // A worker that the kernel kills takes its visitors with it; these are spread over all workers.
  const visitors = Array.from({ length: 12 }, () => connect(8080, '172.30.61.2'))
  const lost: string[] = []
  for (const visitor of visitors) {
    visitor.on('close', () => lost.push('closed')).on('error', (error) => lost.push(error.message))
    visitor.resume().write('GET /sse HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n')
  }
  await until('every visitor has a stream', async () => visitors.every(({ bytesRead }) => bytesRead > 0))
  let refused = 0
  const uploads = Array.from({ length: 40 }, () => {
    const upload = connect(8080, '172.30.61.2')
    upload.on('error', () => undefined).once('close', () => refused++)
    // All but the last byte: nginx keeps what there is and waits.
    upload.resume().write(`POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`)
    upload.write(body)
    return upload
  })
  try {
    const isTaken = async () => uploads.every(({ writableLength, closed }) => closed || writableLength === 0)
    await until('nginx has kept or refused each of them', isTaken)
    assert.ok(refused > 0, 'what does not fit is refused')
    assert.equal((await rig.ask('/page')).httpStatus, 200)
    assert.deepEqual(lost, [])
  } finally {
    for (const socket of [...uploads, ...visitors]) socket.destroy()
  }
  await until('there is room again', async () => {
    const answer = await rig.ask('/echo', { method: 'POST', body })
    return answer.httpStatus === 200
  })
})

test('events arrive as they are sent, from the site and through the console’s relay', async () => {
  for (const path of ['/sse', '/api/ops/releases/1/events']) {
    const response = await fetch(`${PUBLIC_URL}${path}`, { signal: AbortSignal.timeout(5_000) })
    const reader = response.body?.getReader()
    assert.ok(reader)
    let text = ''
    while (!text.includes('data: 3 primary')) text += new TextDecoder().decode((await reader.read()).value)
    await reader.cancel()
  }
})

test('a WebSocket passes, and stays with its slot when the traffic moves', async () => {
  const socket = connect(8080, '172.30.61.2')
  socket.setEncoding('utf8')
  let seen = ''
  socket.on('data', (text: string) => {
    seen += text
  })
  socket.write(
    'GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await until('the connection is upgraded', async () =>
    seen.includes('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='),
  )
  await rig.route({ live: 'secondary' })
  socket.write('still here')
  await until('the slot echoes', async () => seen.endsWith('still here'))
  socket.destroy()
})

test('another upgrade than WebSocket is not passed on', async () => {
  const { body } = await rig.ask('/page', { headers: { connection: 'upgrade', upgrade: 'h2c' } })
  assert.equal(JSON.parse(body).headers.upgrade, undefined)
})

test('a POST that was sent is never sent twice', async () => {
  await rig.steer('primary', '/pay', 'reset')
  const answer = await rig.ask('/pay', { method: 'POST', body: 'once' })
  assert.equal(answer.httpStatus, 502)
  assert.equal(await rig.steer('primary', '/pay', 'ok'), 1)
  assert.equal(await rig.steer('secondary', '/pay'), 0)
})

test('an app’s own errors stay the app’s', async () => {
  for (const status of ['500', '502', '503', '404']) {
    await rig.steer('primary', '/page', status)
    const answer = await rig.ask('/page')
    assert.equal(answer.httpStatus, Number(status))
    assert.deepEqual(JSON.parse(answer.body), { fault: status, slot: 'primary' })
  }
  await rig.steer('primary', '/page', 'ok')
})

test('nginx’s own errors are a page for people, JSON for programs and plain text for the rest', async () => {
  await rig.steer('primary', '/gone', 'reset')
  const page = await rig.ask('/gone', { headers: { accept: 'text/html,application/xhtml+xml' } })
  assert.equal(page.httpStatus, 502)
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(page.headers['cache-control'], 'no-store')
  assert.equal(page.headers['retry-after'], '5')
  assert.match(page.body, /<h1>This page can’t be shown right now<\/h1>/)
  assert.match(
    page.body,
    /The site did not answer in time\. It may be restarting\. Try again in a few seconds\./,
  )
  assert.match(page.body, /Status <code>502<\/code> · reference <code>[0-9a-f]{32}<\/code>/)
  assert.match(page.body, /fetch\(location\.href, { method: 'HEAD'/)
  assert.doesNotMatch(page.body, /<!--#|src=|https?:/)
  for (const headers of [{ accept: 'application/json' }, { accept: 'application/json, text/plain' }]) {
    const answer = await rig.ask('/gone', { headers })
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    const { error } = JSON.parse(answer.body)
    assert.equal(error.code, 'internal')
    assert.equal(error.what, 'The site did not answer in time. It may be restarting.')
    assert.equal(error.next, 'Try again in a few seconds.')
    assert.match(error.detail, /^status 502, request [0-9a-f]{32}$/)
  }
  const text = await rig.ask('/gone')
  assert.equal(text.headers['content-type'], 'text/plain; charset=utf-8')
  assert.match(text.body, /^This page can’t be shown right now\nThe site did not answer in time\./)
  await rig.steer('primary', '/gone', 'ok')
})

test('what was sent and may be lost is said to be, and neither asked for nor sent again by itself', async () => {
  await rig.steer('primary', '/order', 'reset')
  const accept = 'text/html'
  const read = await rig.ask('/order', { headers: { accept } })
  assert.match(read.body, /<noscript><meta http-equiv="refresh"[\s\S]*location\.replace/)
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const sent = await rig.ask('/order', { method, headers: { accept }, body: 'two of them' })
    assert.equal(sent.httpStatus, 502)
    assert.match(
      sent.body,
      /What was sent may not have arrived\. Wait a few seconds and look whether it has\. If not, send it again\.<\/p>/,
    )
    assert.match(sent.body, /To send it again as it was, reload this page/)
    assert.doesNotMatch(sent.body, /http-equiv|<script|href=/)
  }
  await rig.steer('primary', '/order', 'ok')
})

test('attempts to sign in are limited, reading the session is not', async () => {
  const attempts = []
  for (let attempt = 0; attempt < 40; attempt++) {
    attempts.push((await rig.ask('/api/ops/auth/sign-in/email', { method: 'POST', body: '{}' })).httpStatus)
  }
  assert.equal(
    attempts.slice(0, 31).every((status) => status === 200),
    true,
  )
  assert.equal(attempts.at(-1), 429)
  const refused = await rig.ask('/ops/sign-in', {
    method: 'POST',
    headers: { accept: 'text/html' },
    body: 'x',
  })
  assert.equal(refused.httpStatus, 429)
  assert.match(
    refused.body,
    /There were too many attempts from your address within a minute\. Wait a minute, then try again\./,
  )
  assert.doesNotMatch(refused.body, /looks again by itself/)
  for (let reading = 0; reading < 60; reading++) {
    assert.equal((await rig.ask('/api/ops/auth/get-session')).httpStatus, 200)
  }
  assert.equal((await rig.ask('/ops/sign-in')).httpStatus, 200)
})

test('the internal port tells the director the state, and its neighbours nothing', async () => {
  const state = await rig.ask('/state', { base: INTERNAL_URL })
  assert.equal(state.httpStatus, 200)
  assert.equal(JSON.parse(state.body).live, 'primary')
  assert.match((await rig.ask('/stub', { base: INTERNAL_URL })).body, /^Active connections: \d+/)
  assert.equal((await rig.ask('/alive', { base: INTERNAL_URL })).httpStatus, 204)
  for (const path of ['/state', '/stub', '/']) {
    assert.equal(await askedFromSlot(`${INTERNAL_URL}${path}`), '403', path)
  }
  assert.equal((await rig.ask('/state')).body.includes('"generation"'), false)
})

test('every request leaves one line of JSON, without its query', async () => {
  await rig.ask('/logged?token=secret', { headers: { 'user-agent': '"quoted"' } })
  await rig.ask('/ops/setup/one-time-secret')
  const path = join(rig.dir, 'state', 'traffic', 'access.log')
  const lines = async () => (await readFile(path, 'utf8')).trim().split('\n')
  // Each worker writes for itself, once a second.
  await until('the lines are written', async () => {
    const text = (await lines()).join('\n')
    return text.includes('/ops/setup') && text.includes('/logged')
  })
  const text = (await lines()).join('\n')
  assert.doesNotMatch(text, /secret/)
  const entries = (await lines()).map((line) => JSON.parse(line))
  const { asked, method, status, served, routed, why } = entries.find((entry) => entry.asked === '/logged')
  assert.deepEqual(
    { asked, method, status, served, routed, why },
    { asked: '/logged', method: 'GET', status: 200, served: 'primary', routed: 'primary', why: 'live' },
  )
})

test('a request without a Host still reaches the slot', async () => {
  const socket = connect(8080, '172.30.61.2')
  let seen = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    seen += text
  })
  socket.write('GET /page HTTP/1.0\r\n\r\n')
  await until('there is an answer', async () => seen.includes('"slot":"primary"'))
  socket.destroy()
})

test('a build id does not lead out of the assets', async () => {
  await writeFile(join(rig.dir, 'state', 'assets', 'secret.txt'), 'secret')
  for (const path of [
    '/_next/static/..%2f..%2f..%2fsecret.txt',
    `/_next/static/%2e%2e/%2e%2e/secret.txt?dpl=${DEPLOYMENT_IDS.primary}`,
  ]) {
    assert.doesNotMatch((await rig.ask(path)).body, /^secret$/)
  }
  const script = join(rig.dir, 'state', 'assets', '.images', 'd'.repeat(64), '_next/static/a.js')
  await mkdir(dirname(script), { recursive: true })
  await writeFile(script, 'of an image')
  for (const path of ['.images', `.images/${'d'.repeat(64)}`, 'd'.repeat(64)])
    assert.doesNotMatch((await rig.ask(`/_next/static/a.js?dpl=${path}`)).body, /of an image/)
  await symlink(join('.images', 'd'.repeat(64)), join(rig.dir, 'state', 'assets', 'b0-linked'))
  assert.equal((await rig.ask('/_next/static/a.js?dpl=b0-linked')).body, 'of an image')
})

/** From a container that is neither the director nor the host. */
async function askedFromSlot(url: string): Promise<string> {
  const run = await rig.container('secondary').exec({
    Cmd: ['node', '-e', `fetch('${url}').then((r) => console.log(r.status))`],
    AttachStdout: true,
  })
  const stream = await run.start({})
  let output = ''
  for await (const chunk of stream) output += chunk
  return /\d{3}/.exec(output)?.[0] ?? output
}
