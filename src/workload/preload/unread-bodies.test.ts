import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { emptyUnreadBody } from './unread-bodies.cjs'

const HUNG_AFTER_MS = 1_500

/** Who answers while the body is unread, and with what. */
const WAYS = {
  untouched: '413',
  paused: '413',
  thrown: '500',
  readable: '413',
  'readable-still': '413',
  piped: '413',
  unpiped: '413',
  iterated: '413',
  web: '413',
  teed: '413',
  'given-up': '413',
  replaced: '413',
  'cancelled-later': '413',
  'destroyed-later': '413',
  duplex: '200',
  late: '200',
} as const
const SIZES = [1_000, 300_000, 1_000_000, 6_000_000]
/** What Node by itself does with the next request, at a megabyte. What empties a body by itself is answered. */
const WITHOUT: Readonly<Record<string, string>> = {
  untouched: 'answered',
  replaced: 'answered',
  duplex: 'answered',
  late: 'answered',
  'destroyed-later': 'cut',
}

const PRELOAD = ['--require', join(import.meta.dirname, 'main.cjs')]

const children: ChildProcess[] = []
const ports = { preloaded: 0, plain: 0 }
before(async () => {
  ports.preloaded = await startSlot(PRELOAD)
  ports.plain = await startSlot([])
})
after(() => {
  for (const child of children) child.kill('SIGKILL')
})

async function startSlot(options: readonly string[]): Promise<number> {
  const file = join(import.meta.dirname, '../../../test/fixtures/half-reading-slot.mjs')
  const child = spawn(process.execPath, [...options, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(5_000) })
  return Number(String(line))
}

type Sent = 'with a length' | 'in chunks' | 'by HTTP/1.0' | 'on a connection that closes'

function bytesOf(way: string, size: number, sent: Sent): Buffer {
  const body = Buffer.alloc(size, 'x')
  const head = (headers: string, version = '1.1') =>
    Buffer.from(`POST /${way} HTTP/${version}\r\nHost: a\r\n${headers}\r\n`)
  const length = `Content-Length: ${size}\r\n`
  if (sent === 'by HTTP/1.0') return Buffer.concat([head(length, '1.0'), body])
  if (sent === 'on a connection that closes')
    return Buffer.concat([head(`${length}Connection: close\r\n`), body])
  if (sent === 'with a length') return Buffer.concat([head(length), body])
  const parts = [head('Transfer-Encoding: chunked\r\n')]
  for (let at = 0; at < size; at += 50_000) {
    const part = body.subarray(at, at + 50_000)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

const isWhole = (answer: string): boolean =>
  /\r\n\r\n(?:refused|taken)$/.test(answer) || answer.endsWith('0\r\n\r\n')

/** As a proxy does it: sends all, has the answer, and takes the connection for another request. */
function sendTwo(port: number, request: Buffer): Promise<{ status: string; next: string }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true)
    let answer = ''
    let status = 'none'
    const end = (next: string): void => {
      socket.destroy()
      resolve({ status, next })
    }
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text
      if (status === 'none' && isWhole(answer)) {
        status = answer.slice(9, 12)
        answer = ''
        socket.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n')
      } else if (answer.endsWith('next')) end('answered')
    })
    socket.setTimeout(HUNG_AFTER_MS, () => end('hung'))
    socket.once('error', () => end('cut')).once('close', () => end('cut'))
    socket.write(request)
  })
}

/** All that comes back until the connection ends. */
function sendOne(port: number, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text
    })
    socket.setTimeout(HUNG_AFTER_MS, () => reject(new Error(`It hung after "${answer.slice(0, 20)}".`)))
    socket.once('error', reject).once('close', () => resolve(answer))
    socket.write(request)
  })
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, 'it never came to be')
    await delay(50)
  }
}

const ask = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text()

for (const sent of ['with a length', 'in chunks'] as const) {
  for (const size of SIZES) {
    test(`the next request is answered, whoever left ${size} bytes unread that came ${sent}`, async () => {
      const seen = Object.keys(WAYS).map(
        async (way) => [way, await sendTwo(ports.preloaded, bytesOf(way, size, sent))] as const,
      )
      const expected = Object.entries(WAYS).map(
        ([way, status]) => [way, { status, next: 'answered' }] as const,
      )
      assert.deepEqual(Object.fromEntries(await Promise.all(seen)), Object.fromEntries(expected))
    })
  }
}

for (const sent of ['by HTTP/1.0', 'on a connection that closes'] as const) {
  test(`an answer is not lost where the body came ${sent}`, async () => {
    for (const size of SIZES) {
      for (const [way, status] of Object.entries(WAYS)) {
        const answer = await sendOne(ports.preloaded, bytesOf(way, size, sent))
        assert.equal(answer.slice(9, 12), status, way)
        assert.match(answer, /(?:refused|taken|\d bytes)(?:\r\n0\r\n\r\n)?$/, way)
      }
    }
  })
}

test('Node by itself lets the next request hang', async () => {
  const seen = Object.keys(WAYS).map(async (way) => {
    const { next } = await sendTwo(ports.plain, bytesOf(way, 1_000_000, 'with a length'))
    return [way, next] as const
  })
  const expected = Object.keys(WAYS).map((way) => [way, WITHOUT[way] ?? 'hung'] as const)
  assert.deepEqual(Object.fromEntries(await Promise.all(seen)), Object.fromEntries(expected))
})

test('who reads on after the answer has ended gets the whole body', async () => {
  const port = await startSlot(PRELOAD)
  await sendTwo(port, bytesOf('late', 900_000, 'with a length'))
  await until(async () => (await ask(port, '/got')) === '900000 bytes')
})

test('what nobody reads on is kept within bounds, and not for long', async () => {
  const port = await startSlot(PRELOAD)
  const held = () => ask(port, '/held').then(Number)
  await Promise.all(Array.from({ length: 40 }, () => sendTwo(port, bytesOf('paused', 900_000, 'in chunks'))))
  const bytes = await held()
  assert.ok(bytes > 1_000_000 && bytes < 12_000_000, `${bytes} bytes are kept of 36,000,000`)
  await until(async () => (await held()) === 0)
})

test('a client that goes away in the middle of its body takes nobody along', async () => {
  for (const way of Object.keys(WAYS)) {
    const socket = connect(ports.preloaded, '127.0.0.1')
    socket.write(bytesOf(way, 1_000_000, 'with a length').subarray(0, 200_000))
    await Promise.race([once(socket, 'data'), once(socket, 'connect')])
    socket.destroy()
  }
  assert.equal(await ask(ports.preloaded, '/next'), 'next')
})

test('a body without an end, or one that never comes, ends its connection', async (t) => {
  const limits = { restBytes: 200_000, restWithinMs: 100 }
  const server = http.createServer((request, response) => {
    emptyUnreadBody({ request, response, socket: request.socket }, limits)
    request.once('data', () => {
      request.pause()
      response.end('taken')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') assert.fail()
  for (const bytes of [1_000, 5_000_000]) {
    const request = bytesOf('', 9_000_000, 'with a length').subarray(0, bytes)
    const answer = await sendOne(address.port, request).catch((cause: unknown) => String(cause))
    assert.match(answer, /^HTTP\/1\.1 200 OK|ECONNRESET|EPIPE/)
  }
})
