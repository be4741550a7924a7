import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http, { type RequestListener, type Server } from 'node:http'
import { afterEach, test } from 'node:test'
import { startLoad } from './load.ts'
import type { LoadOptions } from './options.ts'
import { startRelay } from './relay.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function listen(listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    return closed
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The test server has no port.')
  return { server, port: address.port }
}

const echo: RequestListener = (request, response) => {
  const hash = createHash('sha256')
  request.on('data', (chunk: Buffer) => hash.update(chunk))
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-served-by': 'primary' })
    response.end(JSON.stringify({ sha256: hash.digest('hex') }))
  })
}

const run = async (port: number, options: Partial<LoadOptions> = {}) => {
  const load = await startLoad({
    url: `http://127.0.0.1:${port}`,
    ratePerSecond: 100,
    durationMs: 2_000,
    timeoutMs: 8_000,
    ...options,
  })
  return load.ended
}

test('a sound server answers all of it, over every kind of line, at the rate that was asked for', async () => {
  const hosts = new Set<string | undefined>()
  let connections = 0
  const { server, port } = await listen((request, response) => {
    hosts.add(request.headers.host)
    echo(request, response)
  })
  server.on('connection', () => connections++)
  const report = await run(port)
  assert.equal(report.sent, 200)
  assert.equal(report.failed, 0)
  assert.deepEqual(report.failures, [])
  assert.deepEqual(Object.keys(report.byKind).toSorted(), [
    'GET fresh',
    'GET fresh far',
    'GET kept-alive',
    'GET kept-alive far',
    'POST fresh',
    'POST fresh far',
    'POST kept-alive',
    'POST kept-alive far',
  ])
  assert.equal(report.byServed.primary?.answers, 200)
  assert.deepEqual([...hosts], [`127.0.0.1:${port}`])
  const fresh = Object.entries(report.byKind).filter(([kind]) => kind.includes('fresh'))
  const freshCount = fresh.reduce((sum, [, { sent }]) => sum + sent, 0)
  assert.ok(connections > freshCount && connections < 200, `${connections} connections`)
  assert.ok(report.tookMs >= 1_980 && report.tookMs < 10_000, `took ${report.tookMs} ms`)
})

test('every failure is told with its kind, its time and its error', async () => {
  let requests = 0
  const { port } = await listen((request, response) => {
    requests++
    if (requests === 50) return request.socket.destroy()
    if (requests === 100) return response.writeHead(502, { 'x-served-by': 'secondary' }).end()
    if (requests === 150) {
      response.writeHead(200, { 'content-length': 100 }).write('cut')
      return setTimeout(() => request.socket.destroy(), 20)
    }
    if (requests === 180) return undefined
    echo(request, response)
  })
  const report = await run(port, { timeoutMs: 2_000 })
  assert.equal(report.sent, 200)
  assert.equal(report.failed, 4)
  assert.equal(report.failuresNotListed, 0)
  const errors = report.failures.map(({ error }) => error).toSorted()
  assert.deepEqual(errors, [
    'ECONNRESET: aborted',
    'ECONNRESET: socket hang up',
    'HTTP 502',
    'no whole answer within 2000 ms',
  ])
  const refused = report.failures.find(({ httpStatus }) => httpStatus === 502)
  assert.equal(refused?.servedBy, 'secondary')
  assert.ok(refused && refused.atMs > 0 && refused.atMs < 8_000, `sent at ${refused?.atMs} ms`)
  assert.match(refused?.kind ?? '', /^(GET|POST) (kept-alive|fresh)( far)?$/)
  const failedByKind = Object.values(report.byKind).reduce((sum, { failed }) => sum + failed, 0)
  assert.equal(failedByKind, 4)
})

test('a body that arrives changed is a failure', async () => {
  const { port } = await listen((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ sha256: 'other' }))
    })
  })
  const report = await run(port, { durationMs: 100, postShare: 1 })
  assert.equal(report.failed, report.sent)
  assert.equal(report.failures[0]?.error, 'the body arrived changed')
})

test('a server that closes idle connections while requests are on their way loses them, and the load sees it', async () => {
  const { server, port } = await listen(echo)
  const load = await startLoad({
    url: `http://127.0.0.1:${port}`,
    ratePerSecond: 200,
    durationMs: 2_000,
    freshShare: 0,
    farShare: 1,
  })
  const timer = setInterval(() => server.closeIdleConnections(), 100)
  const report = await load.ended
  clearInterval(timer)
  assert.ok(report.failed > 0, 'no request was lost over the long line')
  assert.ok(report.failures.some(({ isReused }) => isReused))
  assert.ok(report.failures.every(({ error }) => /^(ECONNRESET|EPIPE)/.test(error)))
})

test('nobody listening fails every request', async () => {
  const { port } = await listen(echo)
  for (const close of closers.splice(0)) await close()
  const report = await run(port, { durationMs: 200, farShare: 0 })
  assert.equal(report.failed, report.sent)
  assert.match(report.failures[0]?.error ?? '', /^ECONNREFUSED/)
})

test('failures beyond those that are listed are counted all the same', async () => {
  const { port } = await listen((_, response) => response.writeHead(502).end())
  const report = await run(port, { durationMs: 200, farShare: 0, maxListedFailures: 5 })
  assert.equal(report.failed, 20)
  assert.equal(report.failures.length, 5)
  assert.equal(report.failuresNotListed, 15)
})

test('a load that is stopped early waits for what is in flight', async () => {
  const { port } = await listen((_, response) => setTimeout(() => response.end('late'), 200))
  const load = await startLoad({
    url: `http://127.0.0.1:${port}`,
    ratePerSecond: 100,
    durationMs: 60_000,
    postPath: null,
    farShare: 0,
  })
  setTimeout(() => load.stop(), 300)
  const report = await load.ended
  assert.ok(report.sent >= 20 && report.sent < 100, `${report.sent} sent`)
  assert.equal(report.failed, 0)
  assert.ok(report.latencyMs.median >= 195)
})

test('requests go on being sent while nothing is answered, up to a cap that counts as failure', async () => {
  const { port } = await listen(() => undefined)
  const report = await run(port, {
    durationMs: 1_000,
    maxInFlight: 50,
    timeoutMs: 3_000,
    freshShare: 1,
    farShare: 0,
  })
  const notSent = report.failures.filter(({ error }) => error === 'not sent: too many requests are in flight')
  assert.equal(report.sent, 100)
  assert.equal(notSent.length, 50)
})

test('wrong options are refused by name', async () => {
  await assert.rejects(startLoad({ url: 'ftp://127.0.0.1', ratePerSecond: 0, durationMs: 10 }), (error) => {
    assert.match(String(error), /url[\s\S]*ratePerSecond/)
    return true
  })
})

test('the relay adds its delay both ways and keeps the order of bytes', async () => {
  const { port } = await listen(echo)
  const relay = await startRelay({ host: '127.0.0.1', port, delayMs: 20 })
  closers.push(() => relay.close())
  const body = Buffer.alloc(300_000, 'abcdefghij')
  const startedMs = performance.now()
  const response = await fetch(`http://127.0.0.1:${relay.port}/`, { method: 'POST', body })
  const answer: unknown = await response.json()
  const tookMs = performance.now() - startedMs
  assert.deepEqual(answer, { sha256: createHash('sha256').update(body).digest('hex') })
  assert.ok(tookMs >= 39 && tookMs < 5_000, `${tookMs} ms`)
})

test('the relay passes on that nobody listens', async () => {
  const { port } = await listen(echo)
  for (const close of closers.splice(0)) await close()
  const relay = await startRelay({ host: '127.0.0.1', port, delayMs: 5 })
  closers.push(() => relay.close())
  await assert.rejects(
    fetch(`http://127.0.0.1:${relay.port}/`, { signal: AbortSignal.timeout(2_000) }),
    (error) => {
      assert.ok(error instanceof TypeError)
      return true
    },
  )
})
