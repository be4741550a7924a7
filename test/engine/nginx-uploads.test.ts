import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { DEPLOYMENT_IDS, INTERNAL_URL, type Rig, runInProxy, slotUrl, startRig, until } from './nginx-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())
beforeEach(() => rig.route({}))

type Upload = { socket: Socket; answer: Promise<string> }

/** A request whose body is sent by hand. `answer` is all that came back, once the connection has ended. */
function begin(request: string, headers: string): Upload {
  const socket = connect(8080, '172.30.61.2').setNoDelay(true)
  const answer = new Promise<string>((resolve, reject) => {
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    socket.once('error', reject).once('close', () => resolve(text))
  })
  socket.write(`${request} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`)
  return { socket, answer }
}

/** The rig asks on a connection of its own, which is one of those. */
async function untilNginxHas(uploads: number): Promise<void> {
  await until(`nginx has ${uploads} uploads`, async () => {
    const { body } = await rig.ask('/stub', { base: INTERNAL_URL })
    return Number(/Reading: 0 Writing: (\d+)/.exec(body)?.[1]) === uploads + 1
  })
}

const body = randomBytes(300_000)

test('an upload goes to the slot that serves when it has arrived, be the one that served at its first byte gone', async () => {
  await rig.route({
    live: 'primary',
    pins: [{ deploymentId: DEPLOYMENT_IDS.primary, slot: 'primary' }],
  })
  const known = begin('POST /echo', `Content-Length: ${body.length}\r\n`)
  const unknown = begin('PUT /echo', 'Transfer-Encoding: chunked\r\n')
  const pinned = begin('POST /echo', `X-Deployment-Id: ${DEPLOYMENT_IDS.primary}\r\nContent-Length: 11\r\n`)
  known.socket.write(body.subarray(0, 200_000))
  unknown.socket.write('5\r\nhello\r\n')
  pinned.socket.write('hello')
  await untilNginxHas(3)
  await rig.route({ live: 'secondary', up: ['secondary'] })
  await rig.container('primary').stop({ t: 0 })
  try {
    known.socket.write(body.subarray(200_000))
    unknown.socket.write('6\r\n world\r\n0\r\n\r\n')
    pinned.socket.write(' world')
    const answers = await Promise.all([known.answer, unknown.answer, pinned.answer])
    for (const [at, bytes] of [body.length, 11, 11].entries()) {
      assert.match(answers[at] ?? '', /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(answers[at] ?? '', /^X-Served-By: secondary\r$/m)
      assert.match(answers[at] ?? '', new RegExp(`"bytes":${bytes},`))
    }
  } finally {
    await rig.container('primary').start()
    const base = slotUrl('primary')
    await until('primary is back', async () => (await rig.ask('/page', { base })).httpStatus === 200)
  }
})

test('a tab’s upload stays with its build while that runs', async () => {
  await rig.route({
    live: 'secondary',
    pins: [{ deploymentId: DEPLOYMENT_IDS.primary, slot: 'primary' }],
  })
  const headers = { 'x-deployment-id': DEPLOYMENT_IDS.primary }
  const pinned = await rig.ask('/echo', { method: 'POST', headers, body })
  assert.equal(JSON.parse(pinned.body).slot, 'primary')
  const plain = await rig.ask('/echo', { method: 'POST', body })
  assert.equal(JSON.parse(plain.body).slot, 'secondary')
})

test('an upload that finds no live slot when it has arrived is refused in words', async () => {
  const upload = begin('POST /echo', 'Content-Length: 11\r\n')
  upload.socket.write('hello')
  await untilNginxHas(1)
  await rig.route({ live: null })
  upload.socket.write(' world')
  const refusal = await upload.answer
  assert.match(refusal, /^HTTP\/1\.1 503 /)
  assert.match(refusal, /No part of the site is ready to answer\./)
})

test('an upload without an end in sight is refused in words once it is too large', async () => {
  const { socket, answer } = begin('POST /echo', 'Accept: application/json\r\nTransfer-Encoding: chunked\r\n')
  const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`
  for (let megabyte = 0; megabyte < 11; megabyte++) socket.write(chunk)
  const refusal = await answer.catch((cause: unknown) => String(cause))
  assert.match(refusal, /^HTTP\/1\.1 413 /)
  assert.match(refusal, /What was sent is larger than this site accepts\./)
})

const NO_ROOM = 'More reaches this site at once than it has room for. What was sent has not arrived.'

test('an upload that nginx has no room for is refused in words, and when to come back', async () => {
  await rig.steer('primary', '/broken', '500')
  const asked = await rig.steer('primary', '/echo')
  await runInProxy(rig, 'cat /dev/zero > /tmp/filler')
  try {
    for (const [path, accept, type] of [
      ['/echo', 'text/html', 'text/html'],
      ['/echo', '*/*', 'text/plain'],
      ['/api/echo', 'text/html', 'application/json'],
    ] as const) {
      for (const upload of [body, randomBytes(9_000_000)]) {
        const answer = await rig.ask(path, { method: 'POST', headers: { accept }, body: upload })
        assert.equal(answer.httpStatus, 503)
        assert.equal(answer.headers['content-type'], `${type}; charset=utf-8`)
        assert.equal(answer.headers['retry-after'], '5')
        assert.ok(answer.body.includes(NO_ROOM), answer.body)
      }
    }
    const own = await rig.ask('/broken')
    assert.deepEqual([own.httpStatus, JSON.parse(own.body).fault], [500, '500'], 'an app’s own stays')
  } finally {
    await runInProxy(rig, 'rm /tmp/filler')
    await rig.steer('primary', '/broken', 'ok')
  }
  assert.equal((await rig.ask('/echo', { method: 'POST', body })).httpStatus, 200)
  assert.equal(await rig.steer('primary', '/echo'), asked + 1)
})

test('an answer that leaves its upload unread holds up nobody on the connections that nginx keeps', async () => {
  const connections = new Set<number>()
  for (let round = 0; round < 8; round++) {
    const uploads = Array.from({ length: 5 }, (_, index) =>
      rig.ask('/half-read', { method: 'POST', body: Buffer.alloc(100_000 * 4 ** (index % 4)) }),
    )
    assert.deepEqual(
      (await Promise.all(uploads)).map(({ httpStatus }) => httpStatus),
      [413, 413, 413, 413, 413],
    )
    const startedMs = performance.now()
    const visits = await Promise.all(Array.from({ length: 10 }, () => rig.ask('/page')))
    assert.ok(performance.now() - startedMs < 2_000, 'the next visitors wait')
    for (const { httpStatus, body } of visits) {
      assert.equal(httpStatus, 200)
      connections.add(JSON.parse(body).connection)
    }
  }
  assert.ok(connections.size < 60, `80 visits took ${connections.size} connections to the slot`)
})

test('an answer to a POST may be a stream, and a GET with a body is answered as one without', async () => {
  const { socket, answer } = begin('POST /sse', 'Accept: text/event-stream\r\nContent-Length: 5\r\n')
  let seen = ''
  socket.on('data', (text: string) => {
    seen += text
  })
  socket.write('hello')
  await until('three events have come', async () => seen.includes('data: 3 primary'))
  socket.destroy()
  await answer
  const asked = await rig.ask('/page', { headers: { 'content-length': '5' }, body: 'hello' })
  assert.equal(JSON.parse(asked.body).bytes, 5)
})

test('one upload is one line in the log', async () => {
  const { headers } = JSON.parse((await rig.ask('/echo', { method: 'POST', body: 'logged once' })).body)
  const path = join(rig.dir, 'state', 'traffic', 'access.log')
  const logged = async () =>
    (await readFile(path, 'utf8')).split('\n').filter((line) => line.includes(headers['x-request-id']))
  await until('it is logged', async () => (await logged()).length > 0)
  const lines = await logged()
  assert.equal(lines.length, 1)
  const { asked, status, served, why } = JSON.parse(lines[0] ?? '')
  assert.deepEqual(
    { asked, status, served, why },
    { asked: '/echo', status: 200, served: 'primary', why: 'live' },
  )
})
