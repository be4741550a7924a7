import assert from 'node:assert/strict'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { afterEach, test } from 'node:test'
import { ReleaseError } from '../release/errors.ts'
import type { Build } from '../release/release.ts'
import type { HealthSettings } from './settings.ts'
import { slotHealth } from './slot-health.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The test server has no port.')
  return address.port
}

const GOOD = {
  status: 'operational',
  timestamp: '2026-01-02T03:04:05.678Z',
  version: '1.4.0',
  slot: 'secondary',
  release: 12,
  deploymentId: 'b42-1a2b3c4',
  uptimeSeconds: 3.5,
  inFlight: 0,
  checks: { database: { ok: true, latencyMs: 2, detail: null } },
}

const BUILD: Build = {
  image: 'switchyard-slot:b42-1a2b3c4',
  deploymentId: 'b42-1a2b3c4',
  version: '1.4.0',
  revision: '1a2b3c4',
  hasConsole: true,
  madeBy: 12,
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** A slot whose status route is `status`, with a console and pages that work unless `other` says otherwise. */
function slot(
  status: RequestListener,
  other: Readonly<Record<string, RequestListener>> = {},
): RequestListener {
  return (request, response) => {
    const path = request.url ?? ''
    const route = other[path]
    if (route) return route(request, response)
    if (path === '/api/system/status') return status(request, response)
    if (path === '/api/ops/ping') return json(response, 200, { ok: true, protocol: 1 })
    const title = path === '/ops' ? 'Switchyard' : 'A page'
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<title>${title}</title>`)
  }
}

function healthAt(port: number, settings: Partial<HealthSettings> = {}) {
  return slotHealth({
    addressOf: () => '127.0.0.1',
    settings: {
      port,
      probeTimeoutMs: 300,
      intervalMs: 5,
      deadlineMs: 2_000,
      wrongForMs: 60,
      pageTimeoutMs: 500,
      ...settings,
    },
  })
}

const signal = () => AbortSignal.timeout(10_000)

function refusal(code: string, reason: string | RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ReleaseError, `expected a ReleaseError, got ${String(error)}`)
    assert.equal(error.code, code)
    if (typeof reason === 'string') assert.equal(error.facts.reason, reason)
    else assert.match(error.facts.reason ?? '', reason)
    return true
  }
}

test('a good answer is given with its latency', async () => {
  const port = await listen(slot((_, response) => json(response, 200, GOOD)))
  const sentMs = performance.now()
  const seen = await healthAt(port).probe('secondary', signal())
  assert.deepEqual(seen.payload, GOOD)
  assert.equal(seen.httpStatus, 200)
  assert.ok(seen.latencyMs > 0 && seen.latencyMs <= performance.now() - sentMs)
})

test('a draining slot is a good answer with 503, so that its requests in flight can be counted', async () => {
  const port = await listen(
    slot((_, response) => json(response, 503, { ...GOOD, status: 'draining', inFlight: 3 })),
  )
  const seen = await healthAt(port).probe('secondary', signal())
  assert.equal(seen.payload.inFlight, 3)
  assert.equal(seen.httpStatus, 503)
})

const endless: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const chunk = Buffer.alloc(16 * 1024, ' ')
  const write = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', write)
  write()
}

const drip: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 20)
  response.once('close', () => clearInterval(timer))
}

const BAD_ANSWERS: readonly {
  name: string
  status: RequestListener
  code: string
  reason: string | RegExp
}[] = [
  {
    name: 'no such route',
    status: (_, response) =>
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>'),
    code: 'status-missing',
    reason: 'it answers HTTP 404',
  },
  {
    name: 'a page with 200',
    status: (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<h1>Hello</h1>'),
    code: 'status-missing',
    reason: 'it answers with text/html; charset=utf-8 instead of JSON',
  },
  {
    name: 'a redirect',
    status: (_, response) => response.writeHead(302, { location: '/login' }).end(),
    code: 'status-missing',
    reason: 'it redirects to "/login"',
  },
  {
    name: 'a plain 503',
    status: (_, response) => response.writeHead(503).end('busy'),
    code: 'status-missing',
    reason: 'it answers HTTP 503',
  },
  {
    name: 'a closed connection',
    status: (request) => request.socket.destroy(),
    code: 'status-missing',
    reason: /^(socket hang up|the connection was reset)$/,
  },
  {
    name: 'something that is not HTTP',
    status: (request) => request.socket.end('SSH-2.0-OpenSSH\r\n'),
    code: 'status-missing',
    reason: 'its answer is not HTTP',
  },
  {
    name: 'an answer that never ends',
    status: drip,
    code: 'status-missing',
    reason: 'no whole answer within 0.3 s',
  },
  { name: 'an endless body', status: endless, code: 'status-shape', reason: 'its body is over 64 KiB' },
  {
    name: 'a body over the cap',
    status: (_, response) => json(response, 200, { ...GOOD, version: 'x'.repeat(70_000) }),
    code: 'status-shape',
    reason: 'its body is over 64 KiB',
  },
  {
    name: 'JSON cut short',
    status: (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":'),
    code: 'status-shape',
    reason: 'its body is not JSON (Unexpected end of JSON input)',
  },
  {
    name: 'an array',
    status: (_, response) => json(response, 200, []),
    code: 'status-shape',
    reason: 'the body: expected an object, got []',
  },
  {
    name: 'a number that is text',
    status: (_, response) => json(response, 200, { ...GOOD, inFlight: 'many' }),
    code: 'status-shape',
    reason: 'inFlight: expected a number, got "many"',
  },
  {
    name: 'several wrong fields',
    status: (_, response) =>
      json(response, 200, { ...GOOD, status: 'ok', timestamp: 'today', release: -1, version: undefined }),
    code: 'status-shape',
    reason:
      'status: expected one of operational, starting, draining, degraded, got "ok"; ' +
      'timestamp: expected an ISO 8601 time in UTC, got "today"; version: expected a string, got nothing',
  },
  {
    name: 'a broken check',
    status: (_, response) =>
      json(response, 200, { ...GOOD, checks: { database: { ok: 'yes', latencyMs: 1, detail: null } } }),
    code: 'status-shape',
    reason: 'checks.database.ok: expected a boolean, got "yes"',
  },
  {
    name: 'a fraction of a release',
    status: (_, response) => json(response, 200, { ...GOOD, release: 1.5 }),
    code: 'status-shape',
    reason: 'release: expected a whole number, got 1.5',
  },
  {
    name: '200 while degraded',
    status: (_, response) => json(response, 200, { ...GOOD, status: 'degraded' }),
    code: 'status-shape',
    reason: 'it answers HTTP 200 and says degraded; 200 goes with operational alone',
  },
  {
    name: 'the other slot',
    status: (_, response) => json(response, 200, { ...GOOD, slot: 'primary' }),
    code: 'status-wrong-release',
    reason: 'secondary was asked, primary answers',
  },
]

for (const { name, status, code, reason } of BAD_ANSWERS) {
  test(`a probe refuses ${name}`, async () => {
    const port = await listen(slot(status))
    await assert.rejects(healthAt(port).probe('secondary', signal()), refusal(code, reason))
  })
}

test('a probe says that nobody listens', async () => {
  const port = await listen(() => undefined)
  for (const close of closers.splice(0)) await close()
  const reason = 'the connection was refused'
  await assert.rejects(healthAt(port).probe('secondary', signal()), refusal('status-missing', reason))
})

test('an aborted probe throws the reason of its signal', async () => {
  const port = await listen(slot(drip))
  const reason = new ReleaseError('aborted', { who: 'Ada' })
  const controller = new AbortController()
  const probing = healthAt(port).probe('secondary', controller.signal)
  controller.abort(reason)
  await assert.rejects(probing, (error) => error === reason)
})

const expected = { release: 12, build: BUILD }

test('five good answers in a row make a slot healthy, and a bad one starts the count anew', async () => {
  const answers = [503, 503, 200, 200, 503]
  const asked: string[] = []
  const log: string[] = []
  const port = await listen((request, response) => {
    if (request.url !== '/api/system/status') asked.push(request.url ?? '')
    const status = slot((_, statusResponse) => {
      const next = answers.shift() ?? 200
      json(statusResponse, next, next === 200 ? GOOD : { ...GOOD, status: 'starting' })
    })
    status(request, response)
  })
  const health = healthAt(port, { warmUpPaths: ['/', '/pricing'] })
  const { latencyMs, tookMs } = await health.untilHealthy(
    'secondary',
    expected,
    (line) => log.push(line),
    signal(),
  )
  assert.deepEqual(asked, ['/', '/pricing', '/ops', '/api/ops/ping'])
  assert.ok(latencyMs > 0 && tookMs > latencyMs)
  assert.deepEqual(
    log.map((line) => line.replace(/, \d+ ms$/, '')),
    [
      'not yet: it says that it is starting',
      'secondary is operational, 1 of 5',
      'secondary is operational, 2 of 5',
      'not yet: it says that it is starting',
      'secondary is operational, 1 of 5',
      'secondary is operational, 2 of 5',
      'secondary is operational, 3 of 5',
      'secondary is operational, 4 of 5',
      'secondary is operational, 5 of 5',
      'warmed up /',
      'warmed up /pricing',
      'its /ops answers and reaches the director',
    ],
  )
})

test('a slot that starts late is waited for', async () => {
  const port = await listen(() => undefined)
  for (const close of closers.splice(0)) await close()
  const waiting = healthAt(port, { deadlineMs: 5_000 }).untilHealthy(
    'secondary',
    expected,
    () => undefined,
    signal(),
  )
  const server = createServer(slot((_, response) => json(response, 200, GOOD)))
  setTimeout(() => server.listen(port, '127.0.0.1'), 150)
  await waiting
  server.close()
})

test('a slot that nobody ever answers for is told with the last reason and the number of tries', async () => {
  const port = await listen(() => undefined)
  for (const close of closers.splice(0)) await close()
  await assert.rejects(
    healthAt(port, { deadlineMs: 200 }).untilHealthy('secondary', expected, () => undefined, signal()),
    refusal(
      'never-healthy',
      /^not 5 good answers in a row within 0\.2 s \(\d+ tries\); the last time, the connection was refused$/,
    ),
  )
})

test('a slot that stays degraded is told with the check that fails', async () => {
  const checks = { database: { ok: false, latencyMs: 2, detail: 'no route to the database' } }
  const port = await listen(
    slot((_, response) => json(response, 503, { ...GOOD, status: 'degraded', checks })),
  )
  await assert.rejects(
    healthAt(port, { deadlineMs: 200 }).untilHealthy('secondary', expected, () => undefined, signal()),
    refusal(
      'never-healthy',
      /the last time, it says that it is degraded \(database: no route to the database\)$/,
    ),
  )
})

const WRONG: readonly { name: string; status: RequestListener; code: string; reason: string }[] = [
  {
    name: 'another release',
    status: (_, response) => json(response, 200, { ...GOOD, release: 11 }),
    code: 'status-wrong-release',
    reason: 'it says release 11, release 12 was started',
  },
  {
    name: 'another build',
    status: (_, response) => json(response, 200, { ...GOOD, deploymentId: null }),
    code: 'status-wrong-release',
    reason: 'it says deployment id none, the build has b42-1a2b3c4',
  },
  {
    name: 'the wrong shape',
    status: (_, response) => json(response, 200, { ok: true }),
    code: 'status-shape',
    reason:
      'status: expected one of operational, starting, draining, degraded, got nothing; ' +
      'timestamp: expected a string, got nothing; version: expected a string, got nothing',
  },
  {
    name: 'no status route',
    status: (_, response) => response.writeHead(404).end(),
    code: 'status-missing',
    reason: 'it answers HTTP 404',
  },
]

for (const { name, status, code, reason } of WRONG) {
  test(`${name} that lasts is told before the deadline`, async () => {
    const port = await listen(slot(status))
    const startedMs = performance.now()
    await assert.rejects(
      healthAt(port, { deadlineMs: 5_000 }).untilHealthy('secondary', expected, () => undefined, signal()),
      refusal(code, reason),
    )
    assert.ok(performance.now() - startedMs < 2_500)
  })
}

test('a wrong release that goes away is forgiven', async () => {
  let asked = 0
  const port = await listen(
    slot((_, response) => json(response, 200, { ...GOOD, release: ++asked > 3 ? 12 : 11 })),
  )
  await healthAt(port, { wrongForMs: 1_000 }).untilHealthy('secondary', expected, () => undefined, signal())
  assert.ok(asked >= 9)
})

test('a build without an id is not asked for one', async () => {
  const port = await listen(slot((_, response) => json(response, 200, GOOD)))
  const foreign = { release: 12, build: { ...BUILD, deploymentId: null } }
  await healthAt(port).untilHealthy('secondary', foreign, () => undefined, signal())
})

test('a page that fails while it is warmed up is told', async () => {
  const broken: RequestListener = (_, response) => response.writeHead(500).end()
  const port = await listen(slot((_, response) => json(response, 200, GOOD), { '/': broken }))
  await assert.rejects(
    healthAt(port).untilHealthy('secondary', expected, () => undefined, signal()),
    refusal('never-healthy', 'GET /: it answers HTTP 500'),
  )
})

test('pages that take all the time there is are told', async () => {
  const port = await listen(slot((_, response) => json(response, 200, GOOD), { '/': () => undefined }))
  await assert.rejects(
    healthAt(port, { deadlineMs: 300 }).untilHealthy('secondary', expected, () => undefined, signal()),
    refusal('never-healthy', 'it is operational, but its pages did not all answer within 0.3 s'),
  )
})

test('a slot that breaks under its first page is told', async () => {
  let isBroken = false
  const page: RequestListener = (_, response) => {
    isBroken = true
    response.end('<h1>A page</h1>')
  }
  const status: RequestListener = (_, response) =>
    isBroken ? json(response, 503, { ...GOOD, status: 'degraded' }) : json(response, 200, GOOD)
  const port = await listen(slot(status, { '/': page }))
  await assert.rejects(
    healthAt(port).untilHealthy('secondary', expected, () => undefined, signal()),
    refusal('never-healthy', 'after its pages were asked for, it says that it is degraded'),
  )
})

const CONSOLES: readonly {
  name: string
  routes: Readonly<Record<string, RequestListener>>
  reason: string
}[] = [
  {
    name: 'fails',
    routes: { '/ops': (_, response) => response.writeHead(500).end() },
    reason: 'GET /ops: it answers HTTP 500',
  },
  {
    name: 'is a page of another kind',
    routes: { '/ops': (_, response) => response.writeHead(200).end('<title>Operations</title>') },
    reason: 'GET /ops: something else of the app answers there, with a page that is not the console',
  },
  {
    name: 'lies behind a sign-in of the app',
    routes: { '/ops': (_, response) => response.writeHead(307, { location: '/login?next=/ops' }).end() },
    reason: 'GET /ops: something else of the app answers there, with a redirect to "/login?next=/ops"',
  },
  {
    name: 'gets a language before its address',
    routes: { '/ops': (_, response) => response.writeHead(307, { location: '/en/ops' }).end() },
    reason: 'GET /ops: something else of the app answers there, with a redirect to "/en/ops"',
  },
  {
    name: 'is sent to an address of another host',
    routes: { '/ops': (_, response) => response.writeHead(302, { location: '//id.test/authorize' }).end() },
    reason: 'GET /ops: something else of the app answers there, with a redirect to "//id.test/authorize"',
  },
  {
    name: 'can not reach the director',
    routes: { '/api/ops/ping': (_, response) => json(response, 502, { error: 'no director' }) },
    reason: '/ops can not reach the director (GET /api/ops/ping: it answers HTTP 502)',
  },
  {
    name: 'answers its ping with a page',
    routes: { '/api/ops/ping': (_, response) => response.writeHead(200).end('<h1>Hello</h1>') },
    reason: 'GET /api/ops/ping: its body is not {"ok":true}',
  },
]

for (const { name, routes, reason } of CONSOLES) {
  test(`a console that ${name} is told, unless the build has none`, async () => {
    const port = await listen(slot((_, response) => json(response, 200, GOOD), routes))
    const health = healthAt(port)
    await assert.rejects(
      health.untilHealthy('secondary', expected, () => undefined, signal()),
      refusal('console-unhealthy', reason),
    )
    const without = { release: 12, build: { ...BUILD, hasConsole: false } }
    await health.untilHealthy('secondary', without, () => undefined, signal())
  })
}

test('a console that sends operators to its sign-in page is fine', async () => {
  for (const location of ['/ops/sign-in', '/shop/ops/sign-in?from=%2F', 'http://slot/ops/']) {
    const signIn: RequestListener = (_, response) => response.writeHead(307, { location }).end()
    const port = await listen(slot((_, response) => json(response, 200, GOOD), { '/ops': signIn }))
    await healthAt(port).untilHealthy('secondary', expected, () => undefined, signal())
  }
})

test('an operator who aborts is answered with the reason of the signal', async () => {
  const port = await listen(slot((_, response) => json(response, 503, { ...GOOD, status: 'starting' })))
  const controller = new AbortController()
  const reason = new ReleaseError('aborted', { who: 'Ada' })
  const waiting = healthAt(port).untilHealthy(
    'secondary',
    expected,
    () => controller.abort(reason),
    controller.signal,
  )
  await assert.rejects(waiting, (error) => error === reason)
})
