import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { rotateAccessLog } from '../../src/nginx/rotate.ts'
import { followTrafficLog } from '../../src/nginx/traffic-log.ts'
import { wordsOf } from '../../src/release/messages.ts'
import type { AnsweredBy, TrafficCounts } from '../../src/release/traffic-counts.ts'
import {
  CONTAINER_FILTER,
  DEPLOYMENT_IDS,
  NGINX_ADDRESS,
  PUBLIC_URL,
  type Rig,
  startRig,
  until,
} from './nginx-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())

const logPath = () => join(rig.dir, 'state/traffic/access.log')

test('requests are counted by the slot that answered and by why, to the last one', async () => {
  await using log = closing(followTrafficLog(logPath()))
  const pins = [{ deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' }] as const
  await rig.route({ pins })
  await mkdir(join(rig.dir, 'state/assets/b0-0000000/_next/static'), { recursive: true })
  await writeFile(join(rig.dir, 'state/assets/b0-0000000/_next/static/kept.js'), 'kept')

  const fromTabOf = (id: string) => ({ headers: { 'x-deployment-id': id } })
  let primaryBytes = 0
  for (let n = 0; n < 7; n++) primaryBytes += (await rig.ask('/page')).body.length
  for (let n = 0; n < 2; n++) primaryBytes += (await rig.ask('/page', fromTabOf('b0-0000000'))).body.length
  primaryBytes += (await rig.ask('/_next/static/no.js')).body.length
  await rig.steer('primary', '/broken', '500')
  primaryBytes += (await rig.ask('/broken')).body.length
  await rig.ask('/page', { method: 'HEAD' })
  for (let n = 0; n < 5; n++) await rig.ask('/page', fromTabOf(DEPLOYMENT_IDS.secondary))
  for (let n = 0; n < 3; n++) await rig.ask('/_next/static/kept.js?dpl=b0-0000000')
  await rig.ask('/api/system/status')
  await rig.route({ shares: { secondary: 100 } })
  for (let n = 0; n < 4; n++) await rig.ask('/page')

  await until('all are counted', async () => log.since('secondary', 0).requests === 9)
  const { bytes, ...primary } = plain(log, 'primary')
  const framing = bytes - primaryBytes
  assert.ok(framing >= 0 && framing < 12 * 16, `${bytes} bytes were sent for ${primaryBytes} of bodies`)
  assert.deepEqual(primary, {
    ...{ requests: 12, streams: 0, fromOldTabs: 0, fromGoneBuilds: 2 },
    statuses: { '1xx': 0, '2xx': 10, '3xx': 0, '4xx': 1, '5xx': 1 },
    why: { live: 12, share: 0, pin: 0, preview: 0 },
  })
  const { bytes: _bytes, ...secondary } = plain(log, 'secondary')
  assert.deepEqual(secondary, {
    ...{ requests: 9, streams: 0, fromOldTabs: 5, fromGoneBuilds: 0 },
    statuses: { '1xx': 0, '2xx': 9, '3xx': 0, '4xx': 0, '5xx': 0 },
    why: { live: 0, share: 4, pin: 5, preview: 0 },
  })
  assert.equal(log.since('none', 0).statuses['2xx'], 3)
  assert.equal(log.unreadableLines(), 0)
})

test('streams are told apart, however they were asked for, and do not count as slow', async () => {
  await using log = closing(followTrafficLog(logPath()))
  await rig.route({ live: 'secondary' })
  await until('the log is read', async () => log.problem() === null)
  const before = log.since('secondary', 0).requests
  for (const headers of [{ accept: 'text/event-stream' }, { accept: '*/*' }]) {
    const stop = new AbortController()
    const answer = await fetch(`${PUBLIC_URL}/sse`, { headers, signal: stop.signal })
    const reader = answer.body?.getReader()
    for (let events = 0; events < 20; events++) await reader?.read()
    stop.abort()
  }
  await upgradedAndClosed()
  await until('they have ended', async () => log.since('secondary', 0).requests === before + 3)
  const { streams, statuses, latencyMs } = log.since('secondary', 0)
  assert.deepEqual([streams, statuses['1xx']], [3, 1])
  assert.ok((latencyMs?.p99 ?? 0) < 500, `the slowest whole answer took ${latencyMs?.p99} ms`)
})

test('an answer that nginx gave alone is nobody’s, and one of a slot that is away is that slot’s', async () => {
  await using log = closing(followTrafficLog(logPath()))
  await until('the log is read', async () => log.problem() === null)
  const before = { none: errorsOf(log, 'none'), primary: errorsOf(log, 'primary') }
  await rig.route({ live: null })
  assert.equal((await rig.ask('/page')).httpStatus, 503)
  await rig.route({})
  await rig.steer('primary', '/torn', 'reset')
  assert.equal((await rig.ask('/torn', { method: 'POST', body: 'x' })).httpStatus, 502)
  await until('both are counted', async () => errorsOf(log, 'primary') === before.primary + 1)
  assert.equal(errorsOf(log, 'none'), before.none + 1)
})

test('an error is logged with the method that was asked, and without a query', async () => {
  await rig.route({ live: null })
  for (const method of ['POST', 'HEAD', 'GET']) {
    await rig.ask(`/failed-${method}?token=secret`, { method, body: method === 'POST' ? 'x' : undefined })
  }
  const failed = async () =>
    [...(await textOf(logPath())).matchAll(/"method":"(\w+)".*"asked":"\/failed-(\w+)"/g)].map(
      ([, logged, asked]) => `${asked} as ${logged}`,
    )
  await until('all three are logged', async () => (await failed()).length === 3)
  assert.deepEqual((await failed()).toSorted(), ['GET as GET', 'HEAD as HEAD', 'POST as POST'])
  assert.doesNotMatch(await textOf(logPath()), /secret/)
})

test('the status route leaves no line, answered or not, and what only looks like it does', async () => {
  await using log = closing(followTrafficLog(logPath()))
  await rig.route({ live: 'secondary' })
  await until('the log is read', async () => log.problem() === null)
  const failedBefore = errorsOf(log, 'secondary')
  assert.equal((await rig.ask('/api/system/status?by=monitor')).httpStatus, 200)
  await rig.steer('secondary', '/api/system/status', 'reset')
  assert.equal((await rig.ask('/api/system/status?by=monitor')).httpStatus, 502)
  await rig.route({ live: null })
  assert.equal((await rig.ask('/api/system/status')).httpStatus, 503)
  await rig.route({ live: 'secondary' })
  await rig.steer('secondary', '/api/system/status', 'ok')
  const visits = ['/api/system/status/', '/API/system/status', '/api/system/status-of-it']
  for (const path of visits) await rig.ask(path)
  const logged = async () =>
    [...(await textOf(logPath())).matchAll(/"asked":"(\/api\/system\/[^"]*)"/gi)].map(([, asked]) => asked)
  await until('the visits are logged', async () => (await logged()).length >= visits.length)
  assert.deepEqual((await logged()).toSorted(), visits.toSorted())
  assert.equal(errorsOf(log, 'secondary'), failedBefore)
})

test('a visitor who takes an answer slowly does not make its slot slow', async () => {
  await using log = closing(followTrafficLog(logPath()))
  await rig.route({ live: 'secondary' })
  await until('the log is read', async () => log.problem() === null)
  const fromMs = Date.now() + 1_000
  await pause(fromMs - Date.now())
  const socket = connect(8080, NGINX_ADDRESS)
  socket.write('GET /says/much?bytes=64000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await pause(1_500)
  socket.resume()
  await once(socket, 'close')
  const logged = async () => /\/says\/much".*"upstreamTook":"([\d.]+)"/.exec(await textOf(logPath()))
  await until('it is counted', async () => log.since('secondary', fromMs).requests === 1)
  const wholeMs = Number((await logged())?.[1]) * 1_000
  const countedMs = log.since('secondary', fromMs).latencyMs?.p99 ?? wholeMs
  assert.ok(wholeMs - countedMs > 700, `${countedMs} ms of ${wholeMs} are counted`)
})

test('while the log is moved aside under load, each request is counted once', async () => {
  await using log = closing(followTrafficLog(logPath()))
  await rig.route({ live: 'secondary' })
  await until('the log is read', async () => log.problem() === null)
  const before = log.since('secondary', 0).requests
  const proxy = { docker: rig.docker, containerFilter: CONTAINER_FILTER }
  const counted = () => log.since('secondary', 0).requests - before
  for (const round of [1, 2]) {
    const visitors = Array.from({ length: 8 }, async () => {
      for (let n = 0; n < 50; n++) await rig.ask('/page')
    })
    await until('there is something to move', () =>
      rotateAccessLog(proxy, logPath(), 1, AbortSignal.timeout(10_000)),
    )
    await Promise.all(visitors)
    await until('all are counted', async () => counted() >= round * 400)
  }
  await rig.ask('/page')
  await until('one more is counted', async () => counted() > 800)
  assert.equal(counted(), 801)
  assert.equal(log.unreadableLines(), 0)
})

test('a large access log is moved aside, and no line is lost', async () => {
  await rig.route({})
  const path = logPath()
  const proxy = { docker: rig.docker, containerFilter: CONTAINER_FILTER }
  const rotate = (maxBytes: number) => rotateAccessLog(proxy, path, maxBytes, AbortSignal.timeout(10_000))
  const ask = async (from: number, to: number) => {
    for (let n = from; n < to; n++) await rig.ask(`/echo-line-${n}`)
  }
  await ask(0, 50)
  assert.equal(await rotate(1_000_000_000), false)
  await until('nginx has written', async () => (await textOf(path)).includes('/echo-line-'))
  assert.equal(await rotate(1), true)
  await ask(50, 100)
  await until('every line is there', async () => {
    const lines = `${await textOf(`${path}.1`)}${await textOf(path)}`
    return Array.from({ length: 100 }, (_, n) => `"/echo-line-${n}"`).every((line) => lines.includes(line))
  })
})

test('a log that was moved by a director which was killed before its signal is opened anew', async () => {
  const path = logPath()
  await rename(path, `${path}.1`)
  const proxy = { docker: rig.docker, containerFilter: CONTAINER_FILTER }
  assert.equal(await rotateAccessLog(proxy, path, 1_000_000_000, AbortSignal.timeout(10_000)), true)
  await rig.ask('/echo-after-all')
  await until('nginx writes to the new one', async () => (await textOf(path)).includes('/echo-after-all'))
})

test('a line of the log is bounded, whatever a visitor sends', async () => {
  await rig.route({})
  await using log = closing(followTrafficLog(logPath()))
  await until('the log is read', async () => log.problem() === null)
  // 0x01 is six characters in JSON.
  const long = 'z%01\u00fc'.repeat(1_500)
  await rig.ask(`/bounded-${encodeURI(long).slice(0, 9_000)}`, {
    headers: { host: `${'h'.repeat(3_000)}.org` },
  })
  await rig.ask('/bounded-end')
  await until('both are logged', async () => (await textOf(logPath())).includes('"/bounded-end"'))
  const lines = (await textOf(logPath())).split('\n').filter((line) => line.includes('/bounded-'))
  assert.equal(lines.length, 2)
  for (const line of lines) assert.ok(line.length < 4_096, `${line.length} bytes`)
  assert.equal(log.unreadableLines(), 0)
})

test('a flood of visitors leaves the log within its cap, also while nginx can’t be told to begin it anew', async () => {
  await rig.route({})
  const maxBytes = 48 * 1024
  const sound = { docker: rig.docker, containerFilter: CONTAINER_FILTER }
  const untold = { docker: rig.docker, containerFilter: { label: ['com.docker.compose.project=nobody'] } }
  for (const [proxy, parts] of [
    [sound, 4],
    [untold, 2],
  ] as const) {
    let most = 0
    let isOver = false
    const visitors = Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let n = 0; n < 120; n++) await rig.ask(`/${'q'.repeat(500)}`)
      }),
    ).finally(() => {
      isOver = true
    })
    let refused = ''
    while (!isOver) {
      await rotateAccessLog(proxy, logPath(), maxBytes, AbortSignal.timeout(10_000)).catch(
        (cause: unknown) => {
          refused = wordsOf(cause)
        },
      )
      most = Math.max(most, await bytesOfLogs())
      await pause(20)
    }
    await visitors
    const overshoot = 3 * maxBytes
    assert.ok(most < parts * maxBytes + overshoot, `${most} bytes, with ${parts} parts`)
    assert.equal(refused, proxy === sound ? '' : "nginx can't be reached: its container does not run")
    for (const age of [1, 2, 3]) await rm(`${logPath()}.${age}`, { force: true })
  }
  await rig.ask('/after-the-flood')
  await until('nginx goes on writing', async () => (await textOf(logPath())).includes('/after-the-flood'))
})

async function bytesOfLogs(): Promise<number> {
  const sizes = ['', '.1', '.2', '.3'].map((part) =>
    stat(`${logPath()}${part}`).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

type Followed = ReturnType<typeof followTrafficLog>

const closing = (log: Followed) => ({ ...log, [Symbol.asyncDispose]: () => log.close() })

const errorsOf = (log: Followed, by: AnsweredBy): number => log.since(by, 0).statuses['5xx']

function plain(log: Followed, by: AnsweredBy): Omit<TrafficCounts, 'seconds' | 'latencyMs'> {
  const { seconds: _seconds, latencyMs: _latencyMs, ...counts } = log.since(by, 0)
  return counts
}

async function upgradedAndClosed(): Promise<void> {
  const socket = connect(8080, '172.30.61.2')
  const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13'
  socket.write(`GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${key}\r\n\r\n`)
  const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })
  assert.match(String(answer), /^HTTP\/1\.1 101 /)
  socket.destroy()
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
