import assert from 'node:assert/strict'
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { LIMITS_FILE, type Limits, writeLimits } from '../../src/nginx/limits.ts'
import type { Slot } from '../../src/release/slot.ts'
import {
  askFrom,
  DEPLOYMENT_IDS,
  INTERNAL_URL,
  NETWORK,
  NGINX_ADDRESS,
  PUBLIC_URL,
  type Rig,
  slotUrl,
  startRig,
  until,
} from './nginx-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())
beforeEach(() => rig.route({}))

const HTML = { accept: 'text/html' }
const PINNED = { 'x-deployment-id': DEPLOYMENT_IDS.secondary }

const KIB_64 = 64 * 1024

test('headers of 64 KiB pass, larger ones are refused at once, with the reason', async () => {
  const fits = await rig.ask('/page', { headers: { cookie: 'c'.repeat(KIB_64) } })
  assert.equal(JSON.parse(fits.body).headers.cookie.length, KIB_64)
  const many = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`x-${index}`, 'v'.repeat(1_000)] as const),
  )
  assert.equal((await rig.ask('/page', { headers: many })).httpStatus, 200)
  const cookie = await rig.ask('/page', { headers: { ...HTML, cookie: 'c'.repeat(70_000) } })
  assert.equal(cookie.httpStatus, 431)
  assert.match(
    cookie.body,
    /<h1>That is too large<\/h1>\s*<p>The headers of this request are larger than this site accepts\. Most often, too many cookies have come together\. Delete the cookies of this site, then try again\.<\/p>/,
  )
  const tooMany = Object.fromEntries(['a', 'b', 'c'].map((name) => [`x-${name}`, name.repeat(60_000)]))
  assert.equal((await rig.ask('/page', { headers: tooMany })).httpStatus, 431)
  assert.equal((await rig.ask(`/page?${'q'.repeat(60_000)}`)).httpStatus, 200)
  const address = await rig.ask(`/page?${'q'.repeat(70_000)}`)
  assert.equal(address.httpStatus, 414)
  assert.match(address.body, /The address is longer than this site accepts\. Use a shorter one\./)
})

test('an answer may have headers of 64 KiB, and a page says that larger ones are too large', async () => {
  const fits = await rig.ask(`/long-header?bytes=${KIB_64}`)
  assert.equal(String(fits.headers['x-long']).length, KIB_64)
  const cookies = await rig.ask('/long-header?bytes=3500&cookies=5')
  assert.deepEqual([cookies.httpStatus, cookies.headers['set-cookie']?.length], [200, 5])
  const tooLong = await rig.ask('/long-header?bytes=70000', { headers: HTML })
  assert.deepEqual([tooLong.httpStatus, tooLong.headers['retry-after']], [502, undefined])
  assert.match(
    tooLong.body,
    /<p>The site answered, but with larger headers than may pass\. Most often, it sets too many cookies\. Whoever runs the site can raise MAX_HEADERS\.<\/p>/,
  )
  assert.doesNotMatch(tooLong.body, /http-equiv|looks again/)
  const sent = await rig.ask('/long-header?bytes=70000', { method: 'POST', body: 'x' })
  assert.match(sent.body, /The site got what was sent and answered, but with larger headers than may pass\./)
  const pinned = { ...PINNED, ...HTML }
  await rig.route({ pins: [{ deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' }] })
  const beside = await rig.ask('/long-header?bytes=70000', { headers: pinned })
  assert.match(beside.body, /larger headers than may pass/)
})

const LIMITS = { maxBodyBytes: 2_048, maxHeadersBytes: 8 * 1024, readTimeoutSeconds: 1, hstsSeconds: 0 }

async function withLimits(limits: Partial<Limits>, during: () => Promise<void>): Promise<void> {
  const reload = () => rig.traffic.reload(AbortSignal.timeout(15_000))
  try {
    await writeLimits(rig.liveDir, { ...LIMITS, ...limits })
    await reload()
    await during()
  } finally {
    await rm(join(rig.liveDir, LIMITS_FILE))
    await reload()
  }
}

test('what the settings say counts after a reload', async () => {
  await rig.steer('primary', '/waits', 'hang')
  await withLimits({}, async () => {
    const sent = (bytes: number) => rig.ask('/page', { method: 'POST', body: Buffer.alloc(bytes) })
    assert.deepEqual([(await sent(2_048)).httpStatus, (await sent(2_049)).httpStatus], [200, 413])
    const asked = (bytes: number) => rig.ask('/page', { headers: { cookie: 'c'.repeat(bytes) } })
    assert.deepEqual([(await asked(8_000)).httpStatus, (await asked(13_000)).httpStatus], [200, 431])
    assert.equal((await rig.ask('/long-header?bytes=8000')).httpStatus, 200)
    assert.match((await rig.ask('/long-header?bytes=13000')).body, /larger headers than may pass/)
    assert.equal((await rig.ask('/waits')).httpStatus, 504)
  })
  await withLimits({ maxHeadersBytes: 128 * 1024, readTimeoutSeconds: 60 }, async () => {
    const header = await rig.ask('/page', { headers: { cookie: 'c'.repeat(128 * 1024) } })
    assert.equal(JSON.parse(header.body).headers.cookie.length, 128 * 1024)
  })
  await rig.steer('primary', '/waits', 'ok')
})

test('visitors by https are told to stay with it, where the settings say so and the app does not', async () => {
  const name = 'strict-transport-security'
  const told = async (path: string, proto: string) =>
    (await rig.ask(path, { headers: { 'x-forwarded-proto': proto } })).headers[name]
  const media = join(rig.dir, 'state', 'assets', 'b0-hsts', '_next', 'static', 'media')
  await mkdir(media, { recursive: true })
  await writeFile(join(media, 'a.png'), 'x')
  await rig.withEdit('terminator.conf', TERMINATOR, async () => {
    assert.equal(await told('/page', 'https'), undefined)
    await withLimits({ hstsSeconds: 86_400 }, async () => {
      assert.equal(await told('/page', 'http'), undefined)
      const paths = ['/page', '/%ff', '/_next/static/media/a.png?dpl=b0-hsts', '/ops']
      for (const path of paths) assert.equal(await told(path, 'https'), 'max-age=86400', path)
      assert.equal(await told(`/says?${name}=max-age%3D7`, 'https'), 'max-age=7')
      const kept = '/_next/image?url=%2F_next%2Fstatic%2Fmedia%2Fa.png&dpl=b0-hsts'
      assert.equal(await told(kept, 'https'), 'max-age=86400')
    })
  })
})

const AMBIGUOUS = {
  'two hosts': 'GET /page HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'no host': 'GET /page HTTP/1.1\r\n\r\n',
  'two lengths': 'POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
  'a length and chunks':
    'POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'an unknown coding': 'POST /page HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
} as const

for (const [what, text] of Object.entries(AMBIGUOUS)) {
  test(`a request with ${what} is refused, and reaches no slot`, async () => {
    const asked = await rig.steer('primary', '/page')
    assert.match(await answerTo(text), /^HTTP\/1\.1 (400|501) /)
    assert.equal(await rig.steer('primary', '/page'), asked)
  })
}

test('a request of HTTP/1.0 without a Host is one for localhost', async () => {
  const answer = await answerTo('GET /page HTTP/1.0\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.match(answer, /"host":"localhost","x-forwarded-host":"localhost"/)
})

test('a chunked body arrives whole, and one above 10 MB is refused while it comes', async () => {
  const chunk = 'x'.repeat(0x10000)
  const chunked = (chunks: number) =>
    `POST /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${chunk}\r\n`.repeat(chunks)}0\r\n\r\n`
  assert.match(await answerTo(chunked(16)), /"bytes":1048576,/)
  assert.match(
    await answerTo(chunked(161)),
    /^HTTP\/1\.1 413 [\s\S]*What was sent is larger than this site accepts\./,
  )
})

test('who sends its headers too slowly is cut off', async () => {
  await rig.withEdit(
    'proxy.conf',
    [['client_header_timeout 15s;', 'client_header_timeout 1s;']],
    async () => {
      const { tookMs } = await cutOff('GET /page HTTP/1.1\r\nHost: a\r\nX-Never')
      assert.ok(tookMs > 900 && tookMs < 5_000, `it took ${tookMs} ms`)
    },
  )
})

test('who sends its body too slowly is cut off with a reset, and no slot has heard of it', async () => {
  const asked = await rig.steer('primary', '/slow-upload')
  await rig.withEdit('proxy.conf', [['client_body_timeout 60s;', 'client_body_timeout 1s;']], async () => {
    const { tookMs, code } = await cutOff(
      'POST /slow-upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly this',
    )
    assert.ok(tookMs > 900 && tookMs < 5_000, `it took ${tookMs} ms`)
    assert.equal(code, 'ECONNRESET')
  })
  assert.equal(await rig.steer('primary', '/slow-upload'), asked)
})

test('who does not take its answer is cut off', async () => {
  const directory = join(rig.dir, 'state', 'assets', 'b0-large', '_next', 'static')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'large.bin'), '')
  await truncate(join(directory, 'large.bin'), 64 * 1024 * 1024)
  const connections = async () =>
    Number(/Active connections: (\d+)/.exec((await rig.ask('/stub', { base: INTERNAL_URL })).body)?.[1])
  await rig.withEdit('proxy.conf', [['send_timeout 60s;', 'send_timeout 1s;']], async () => {
    const before = await connections()
    const socket = connect(8080, NGINX_ADDRESS).on('error', () => undefined)
    try {
      socket.pause().write('GET /_next/static/large.bin?dpl=b0-large HTTP/1.1\r\nHost: a\r\n\r\n')
      await until('it is being sent', async () => (await connections()) > before)
      await until('nginx gives up', async () => (await connections()) === before)
    } finally {
      socket.destroy()
    }
  })
})

test('a kept connection is closed when it was idle for long, or has served many', async () => {
  const edits = [
    ['keepalive_timeout 75s;', 'keepalive_timeout 1s;'],
    ['keepalive_requests 10000;', 'keepalive_requests 3;'],
  ] as const
  const one = 'GET /page HTTP/1.1\r\nHost: a\r\n\r\n'
  await rig.withEdit('proxy.conf', edits, async () => {
    const idle = await cutOff(one)
    assert.ok(idle.tookMs > 900 && idle.tookMs < 5_000, `it took ${idle.tookMs} ms`)
    assert.equal(idle.text.match(/^HTTP\/1\.1 200/gm)?.length, 1)
    const many = await cutOff(one.repeat(5))
    assert.equal(many.text.match(/^HTTP\/1\.1 200/gm)?.length, 3)
  })
})

test('1,200 visitors who wait at once keep nobody else out', async () => {
  const asked = await rig.steer('primary', '/waits', 'hang')
  const waiting = Array.from({ length: 1_200 }, () => open('GET /waits HTTP/1.1\r\nHost: a\r\n\r\n'))
  try {
    await until(
      'the slot has all of them',
      async () => (await rig.steer('primary', '/waits')) - asked === waiting.length,
    )
    assert.equal((await rig.ask('/page')).httpStatus, 200)
    assert.deepEqual(
      waiting.map(({ seen }) => seen()).filter((text) => text !== ''),
      [],
    )
  } finally {
    for (const { socket } of waiting) socket.destroy()
    await rig.steer('primary', '/waits', 'ok')
  }
})

test('connections to the slots are kept, also to one beside the live slot', async () => {
  await rig.route({ pins: [{ deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' }] })
  for (const headers of [{}, PINNED] as const) {
    const connections = new Set<number>()
    for (let visit = 0; visit < 20; visit++) {
      connections.add(JSON.parse((await rig.ask('/page', { headers })).body).connection)
    }
    // Each of the two workers keeps its own.
    assert.ok(connections.size <= 2, `${connections.size} connections for 20 requests`)
  }
})

test('the slots’ connections are not kept longer than nginx is told', async () => {
  await rig.withEdit('pool.conf', [['keepalive_timeout 60s;', 'keepalive_timeout 1s;']], async () => {
    const openAt = async (slot: Slot) => {
      const answer = await rig.ask('/_fixture', { method: 'POST', base: slotUrl(slot) })
      return JSON.parse(answer.body).open
    }
    for (let visit = 0; visit < 5; visit++) await rig.ask('/page')
    await until('nginx keeps one', async () => (await openAt('primary')) > 1)
    await until('only the question itself has one', async () => (await openAt('primary')) === 1)
  })
})

test('a pinned slot that breaks a request off: reading is asked of the live one, a POST is not', async () => {
  await rig.route({ pins: [{ deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' }] })
  await rig.steer('secondary', '/pay', 'reset')
  const asked = await rig.steer('primary', '/pay')
  const sent = await rig.ask('/pay', { method: 'POST', headers: { ...PINNED, ...HTML }, body: 'once' })
  assert.equal(sent.httpStatus, 502)
  assert.equal(await rig.steer('primary', '/pay'), asked)
  const read = await rig.ask('/pay', { headers: PINNED })
  assert.deepEqual([read.httpStatus, read.headers['x-served-by']], [200, 'primary'])
  await rig.steer('secondary', '/pay', 'ok')
})

test('a slot that answers a pinned tab with an error of its own is not passed over', async () => {
  await rig.route({ pins: [{ deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' }] })
  await rig.steer('secondary', '/page', '503')
  const answer = await rig.ask('/page', { headers: PINNED })
  assert.deepEqual([answer.httpStatus, answer.headers['x-served-by']], [503, 'secondary'])
  await rig.steer('secondary', '/page', 'ok')
})

const WAITS = [
  ['proxy_read_timeout 120s;', 'GET', '/page', {}],
  ['proxy_read_timeout 120s;', 'POST', '/page', {}],
  ['proxy_read_timeout 10s;', 'GET', '/api/system/status', {}],
  ['proxy_read_timeout 1h;', 'GET', '/page', { accept: 'text/event-stream' }],
] as const

for (const [directive, method, path, headers] of WAITS) {
  const kind = 'accept' in headers ? 'a stream' : `${method} ${path}`
  test(`a slot that hangs is waited for as long as is said for ${kind}, then there is a page`, async () => {
    await rig.steer('primary', path, 'hang')
    const asked = await rig.steer('primary', path)
    const edit = [directive, 'proxy_read_timeout 1s;'] as const
    await rig.withEdit('proxy.conf', [edit], async () => {
      const startedAt = performance.now()
      const answer = await rig.ask(path, { method, headers })
      const tookMs = performance.now() - startedAt
      assert.equal(answer.httpStatus, 504)
      assert.equal(answer.headers['retry-after'], '5')
      assert.match(answer.body, /The site did not answer in time\. It may be restarting\./)
      assert.ok(tookMs > 900 && tookMs < 5_000, `it took ${tookMs} ms`)
    })
    assert.equal((await rig.steer('primary', path)) - asked, 1, 'it is asked once')
    await rig.steer('primary', path, 'ok')
  })
}

test('a silent stream is waited for when an ordinary request is not', async () => {
  await rig.steer('primary', '/page', 'hang')
  await rig.withEdit('proxy.conf', [['proxy_read_timeout 120s;', 'proxy_read_timeout 1s;']], async () => {
    const stop = new AbortController()
    const streams = [{}, { method: 'POST', body: 'x' }].map((sent) => {
      const headers = { accept: 'text/event-stream' }
      return fetch(`http://${NGINX_ADDRESS}:8080/page`, { ...sent, headers, signal: stop.signal }).then(
        ({ status }) => `it was answered with ${status}`,
        () => 'nobody answered',
      )
    })
    for (const sent of [{}, { method: 'POST', body: 'x' }]) {
      assert.equal((await rig.ask('/page', sent)).httpStatus, 504)
    }
    stop.abort()
    assert.deepEqual(await Promise.all(streams), ['nobody answered', 'nobody answered'])
  })
  await rig.steer('primary', '/page', 'ok')
})

test('a silent stream of the console is waited for when its pages come from the other slot', async () => {
  for (const path of ['/ops', '/api/ops/logs']) await rig.steer('primary', path, 'hang')
  await rig.withEdit('ops.conf', [['proxy_read_timeout 5s;', 'proxy_read_timeout 1s;']], async () => {
    await staysOpen('/api/ops/logs', {}, async () => {
      for (let request = 0; request < 2; request++) {
        assert.equal((await rig.ask('/ops')).headers['x-served-by'], 'secondary')
      }
    })
  })
  for (const path of ['/ops', '/api/ops/logs']) await rig.steer('primary', path, 'ok')
})

test('a silent stream of the only console is waited for as well', async () => {
  await rig.route({ console: 'primary' })
  for (const path of ['/ops', '/api/ops/logs']) await rig.steer('primary', path, 'hang')
  await rig.withEdit('proxy.conf', [['proxy_read_timeout 120s;', 'proxy_read_timeout 1s;']], async () => {
    await staysOpen('/api/ops/logs', {}, async () => {
      for (let request = 0; request < 2; request++) assert.equal((await rig.ask('/ops')).httpStatus, 504)
    })
  })
  for (const path of ['/ops', '/api/ops/logs']) await rig.steer('primary', path, 'ok')
})

test('a verb of the console that hangs is not asked of the other slot', async () => {
  await rig.steer('primary', '/api/ops/deploy', 'hang')
  const asked = await rig.steer('secondary', '/api/ops/deploy')
  await rig.withEdit('ops.conf', [['proxy_read_timeout 35s;', 'proxy_read_timeout 1s;']], async () => {
    const answer = await rig.ask('/api/ops/deploy', { method: 'POST', body: '{}' })
    assert.equal(answer.httpStatus, 504)
    assert.equal(
      JSON.parse(answer.body).error.what,
      'The site did not answer in time. It may be restarting. What was sent may not have arrived.',
    )
  })
  assert.equal(await rig.steer('secondary', '/api/ops/deploy'), asked)
  await rig.steer('primary', '/api/ops/deploy', 'ok')
})

test('a slot that does not take a body is given up', async () => {
  await rig.container('primary').pause()
  try {
    await rig.withEdit('proxy.conf', [['proxy_send_timeout 60s;', 'proxy_send_timeout 1s;']], async () => {
      const answer = await rig.ask('/page', { method: 'POST', body: Buffer.alloc(9 * 1024 * 1024) })
      assert.equal(answer.httpStatus, 504)
    })
  } finally {
    await rig.container('primary').unpause()
  }
})

test('attempts to sign in beyond thirty are answered with 429 in three forms, and say when to come back', async () => {
  const attempt = (path: string, headers = {}) => rig.ask(path, { method: 'POST', headers, body: '{}' })
  const startedAt = performance.now()
  const attempts = await Promise.all(Array.from({ length: 60 }, () => attempt('/api/ops/auth/sign-in/email')))
  const served = attempts.filter(({ httpStatus }) => httpStatus === 200).length
  // One more is let in every two seconds.
  const most = 32 + (performance.now() - startedAt) / 2_000
  assert.ok(served >= 31 && served <= most, `${served} of 60 were served`)
  for (const [path, headers, type, words] of [
    ['/ops/sign-in', HTML, 'text/html', /<h1>Too many tries<\/h1>[\s\S]*Wait a minute, then try again\./],
    ['/ops/sign-in', { accept: 'application/json' }, 'application/json', /"code":"bad-request"/],
    ['/api/ops/auth/sign-in/email', HTML, 'application/json', /"next":"Wait a minute, then try again\."/],
    ['/ops/sign-in', {}, 'text/plain', /^Too many tries\nThere were too many attempts from your address/],
  ] as const) {
    const answers = [await attempt(path, headers), await attempt(path, headers)]
    const answer = answers.find(({ httpStatus }) => httpStatus === 429)
    assert.ok(answer)
    assert.equal(answer.headers['content-type'], `${type}; charset=utf-8`)
    assert.equal(answer.headers['retry-after'], '60')
    assert.match(answer.body, words)
  }
  assert.equal((await attempt('/api/ops/deploy')).httpStatus, 200)
  assert.equal((await rig.ask('/ops/sign-in')).httpStatus, 200)
  assert.equal(
    (await askFrom(rig, 'secondary', '/ops/sign-in', { method: 'POST' })).status,
    200,
    'another address',
  )
})

const TERMINATOR = [
  ['# 172.30.42.1/32 1;', `${NETWORK}.1/32 1;`],
  ['# set_real_ip_from 172.30.42.1/32;', `set_real_ip_from ${NETWORK}.1/32;`],
  ['# real_ip_header', 'real_ip_header'],
] as const

test('behind a terminator visitors are told apart by the address that it adds', async () => {
  await rig.withEdit('terminator.conf', TERMINATOR, async () => {
    const from = (address: string) => ({
      'x-forwarded-for': `6.6.6.6, ${address}`,
      'x-forwarded-proto': 'https',
    })
    const { body } = await rig.ask('/page', { headers: from('203.0.113.7') })
    const { headers } = JSON.parse(body)
    assert.deepEqual(
      [headers['x-forwarded-for'], headers['x-real-ip'], headers['x-forwarded-proto']],
      ['203.0.113.7', '203.0.113.7', 'https'],
    )
    const signIn = async (address: string) =>
      (await rig.ask('/ops/sign-in', { method: 'POST', headers: from(address), body: 'x' })).httpStatus
    const first = await Promise.all(Array.from({ length: 40 }, () => signIn('203.0.113.7')))
    assert.ok(first.includes(429))
    assert.equal(await signIn('203.0.113.8'), 200)
  })
})

test('behind a terminator nobody else is believed', async () => {
  await rig.withEdit('terminator.conf', TERMINATOR, async () => {
    const { body } = await askFrom(rig, 'secondary', '/page', {
      headers: { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' },
    })
    const { headers } = JSON.parse(body)
    assert.deepEqual([headers['x-forwarded-for'], headers['x-forwarded-proto']], [`${NETWORK}.12`, 'http'])
  })
})

/** Asks for something that never comes, and sees to it that nobody answers for it `meanwhile`. */
async function staysOpen(
  path: string,
  headers: Record<string, string>,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const ended = fetch(`${PUBLIC_URL}${path}`, { headers, signal: stop.signal }).then(
    ({ status }) => `it was answered with ${status}`,
    () => 'nobody answered',
  )
  await meanwhile().finally(() => stop.abort())
  assert.equal(await ended, 'nobody answered')
}

/** All that comes back on a connection until nginx closes it, or has been silent for half a second. */
async function answerTo(text: string): Promise<string> {
  const { socket, seen } = open(text)
  try {
    socket.setTimeout(500, () => socket.destroy())
    await closed(socket)
    return seen()
  } finally {
    socket.destroy()
  }
}

/** How long it takes nginx to close a connection on which `text` was sent, and with what error. */
async function cutOff(text: string): Promise<{ tookMs: number; code: string | null; text: string }> {
  const startedAt = performance.now()
  const { socket, seen, error } = open(text)
  try {
    socket.setTimeout(20_000, () => socket.destroy(new Error('it was never cut off')))
    await closed(socket)
    return { tookMs: performance.now() - startedAt, code: error(), text: seen() }
  } finally {
    socket.destroy()
  }
}

function open(text: string): { socket: Socket; seen: () => string; error: () => string | null } {
  let seen = ''
  let code: string | null = null
  const socket = connect(8080, NGINX_ADDRESS)
  socket.setEncoding('utf8').on('data', (part: string) => {
    seen += part
  })
  socket.on('error', (cause) => {
    code = 'code' in cause ? String(cause.code) : cause.message
  })
  socket.write(text)
  return { socket, seen: () => seen, error: () => code }
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()))
