import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { DEPLOYMENT_IDS, type Rig, startRig, until } from './nginx-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())
beforeEach(() => rig.route({}))
afterEach(async () => {
  for (const path of PATHS) {
    for (const slot of ['primary', 'secondary'] as const) await rig.steer(slot, path, 'ok')
  }
})

const PATHS = ['/ops', '/ops/releases', '/api/ops/status', '/api/ops/deploy', '/api/ops/releases/1/events']

test('the live slot serves the console as long as it can, also with its own refusals', async () => {
  for (const path of ['/ops', '/ops/releases', '/api/ops/status']) {
    assert.equal((await rig.ask(path)).headers['x-served-by'], 'primary', path)
  }
  for (const status of ['401', '403', '404', '409', '422']) {
    await rig.steer('primary', '/api/ops/status', status)
    const answer = await rig.ask('/api/ops/status')
    assert.deepEqual([answer.httpStatus, answer.headers['x-served-by']], [Number(status), 'primary'])
  }
})

test('a console that fails in the live slot is served by the other one', async () => {
  for (const fault of ['500', '502', '503', '504', 'reset']) {
    for (const path of ['/ops', '/ops/releases', '/api/ops/status']) {
      await rig.steer('primary', path, fault)
      for (const method of ['GET', 'HEAD']) {
        const answer = await rig.ask(path, { method })
        assert.deepEqual(
          [answer.httpStatus, answer.headers['x-served-by']],
          [200, 'secondary'],
          `${fault} ${method} ${path}`,
        )
      }
    }
  }
})

test('a stream of events that fails in the live slot comes from the other one', async () => {
  await rig.steer('primary', '/api/ops/releases/1/events', '500')
  const response = await fetch('http://172.30.61.2:8080/api/ops/releases/1/events', {
    headers: { accept: 'text/event-stream' },
    signal: AbortSignal.timeout(5_000),
  })
  assert.equal(response.headers.get('x-served-by'), 'secondary')
  const reader = response.body?.getReader()
  assert.match(new TextDecoder().decode((await reader?.read())?.value), /^data: 1 secondary\n\n/)
  await reader?.cancel()
})

test('a console that hangs in the live slot is served by the other one after 5 s', async () => {
  await rig.steer('primary', '/ops', 'hang')
  const startedAt = performance.now()
  const answer = await rig.ask('/ops')
  assert.deepEqual([answer.httpStatus, answer.headers['x-served-by']], [200, 'secondary'])
  const tookMs = performance.now() - startedAt
  assert.ok(tookMs > 4_000 && tookMs < 8_000, `it took ${tookMs} ms`)
})

test('who waited for a slot that hangs may ask for the other one, also for a verb', async () => {
  for (const path of ['/api/ops/status', '/api/ops/deploy']) await rig.steer('primary', path, 'hang')
  const read = await rig.ask('/api/ops/status?via=other')
  const verb = await rig.ask('/api/ops/deploy?via=other', { method: 'POST', body: '{"a":1}' })
  assert.deepEqual([read.httpStatus, read.headers['x-served-by']], [200, 'secondary'])
  assert.deepEqual([verb.httpStatus, verb.headers['x-served-by']], [200, 'secondary'])
  assert.equal(JSON.parse(verb.body).bytes, 7)
})

test('the other slot can not be asked for while it is not up, nor for pages of the site', async () => {
  assert.equal((await rig.ask('/?via=other')).headers['x-served-by'], 'primary')
  await rig.route({ up: ['primary'] })
  assert.equal((await rig.ask('/api/ops/status?via=other')).headers['x-served-by'], 'primary')
})

test('while the live build has no console, all of /ops is the other slot’s', async () => {
  await rig.route({ console: 'secondary' })
  for (const path of PATHS) await rig.steer('primary', path, '404')
  const before = await rig.steer('primary', '/api/ops/deploy')
  for (const path of ['/ops', '/ops/releases', '/api/ops/status']) {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const answer = await rig.ask(path, { method })
      assert.deepEqual(
        [answer.httpStatus, answer.headers['x-served-by']],
        [200, 'secondary'],
        `${method} ${path}`,
      )
    }
  }
  const action = await rig.ask('/api/ops/deploy', { method: 'POST', body: '{"a":1}' })
  assert.deepEqual([action.httpStatus, action.headers['x-served-by']], [200, 'secondary'])
  assert.equal(await rig.steer('primary', '/api/ops/deploy'), before)
  const stream = await fetch('http://172.30.61.2:8080/api/ops/releases/1/events', {
    headers: { accept: 'text/event-stream' },
    signal: AbortSignal.timeout(5_000),
  })
  assert.equal(stream.headers.get('x-served-by'), 'secondary')
  await stream.body?.cancel()
  assert.equal((await rig.ask('/page')).headers['x-served-by'], 'primary')
})

test('the only console’s own refusals and failures stand, since the other slot has none', async () => {
  await rig.route({ console: 'secondary' })
  for (const status of ['404', '500']) {
    await rig.steer('secondary', '/api/ops/status', status)
    for (const path of ['/api/ops/status', '/api/ops/status?via=other']) {
      const answer = await rig.ask(path)
      assert.deepEqual([answer.httpStatus, answer.headers['x-served-by']], [Number(status), 'secondary'])
    }
  }
})

test('where neither build has a console, the live slot says so', async () => {
  for (const slot of ['primary', 'secondary'] as const) await rig.steer(slot, '/ops', '404')
  const answer = await rig.ask('/ops')
  assert.deepEqual([answer.httpStatus, answer.headers['x-served-by']], [404, 'primary'])
})

test('an action that failed or broke off is not run again by the other slot', async () => {
  const countBefore = await rig.steer('secondary', '/api/ops/deploy')
  for (const fault of ['500', '502', '503', 'reset']) {
    await rig.steer('primary', '/api/ops/deploy', fault)
    const asked = await rig.steer('primary', '/api/ops/deploy')
    const answer = await rig.ask('/api/ops/deploy', { method: 'POST', body: '{}' })
    assert.equal(answer.httpStatus, fault === 'reset' ? 502 : Number(fault))
    assert.equal((await rig.steer('primary', '/api/ops/deploy')) - asked, 1)
  }
  assert.equal(await rig.steer('secondary', '/api/ops/deploy'), countBefore)
})

test('an action of the other slot’s page goes to that slot, so the console works while the live one is broken', async () => {
  await rig.route({ pins: [{ deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' }] })
  await rig.steer('primary', '/ops', '500')
  assert.equal((await rig.ask('/ops')).headers['x-served-by'], 'secondary')
  const action = await rig.ask('/ops', {
    method: 'POST',
    headers: { 'x-deployment-id': DEPLOYMENT_IDS.secondary, 'next-action': '00' },
    body: 'rollback',
  })
  assert.deepEqual([action.httpStatus, action.headers['x-served-by']], [200, 'secondary'])
})

test('a slot that is not up never answers for the console', async () => {
  await rig.route({ up: ['primary'] })
  await rig.steer('primary', '/ops', '500')
  const answer = await rig.ask('/ops')
  assert.deepEqual([answer.httpStatus, answer.headers['x-served-by']], [500, 'primary'])
})

test('when both fail the second answer stands', async () => {
  await rig.steer('primary', '/ops', '500')
  await rig.steer('secondary', '/ops', '503')
  assert.equal((await rig.ask('/ops')).httpStatus, 503)
  await rig.steer('secondary', '/ops', 'reset')
  const page = await rig.ask('/ops', { headers: { accept: 'text/html' } })
  assert.equal(page.httpStatus, 502)
  assert.match(page.body, /<h1>This page can’t be shown right now<\/h1>/)
})

test('a live slot that is stopped leaves the console working, actions too: they never reached it', async () => {
  await rig.container('primary').stop({ t: 1 })
  try {
    const page = await rig.ask('/ops')
    const action = await rig.ask('/api/ops/deploy', { method: 'POST', body: '{"a":1}' })
    assert.deepEqual([page.httpStatus, page.headers['x-served-by']], [200, 'secondary'])
    assert.deepEqual([action.httpStatus, action.headers['x-served-by']], [200, 'secondary'])
    assert.equal(JSON.parse(action.body).bytes, 7)
    const site = await rig.ask('/')
    assert.ok([502, 504].includes(site.httpStatus), 'the site itself is not moved by nginx')
  } finally {
    await rig.container('primary').start()
    await until('the slot answers again', async () => (await rig.steer('primary', '/ops')) >= 0)
  }
})

test('a page that only begins like /ops is the site’s', async () => {
  await rig.steer('primary', '/opsies', '500')
  assert.equal((await rig.ask('/opsies')).httpStatus, 500)
  await rig.steer('primary', '/opsies', 'ok')
})

test('the console takes small bodies alone, so that nobody else’s upload is in its way', async () => {
  const MB = Buffer.alloc(1_000_000, 'x')
  for (const up of [['primary', 'secondary'], ['primary']] as const) {
    await rig.route({ up })
    for (const path of ['/api/ops/deploy', '/api/ops/deploy?via=other', '/ops', '/ops/releases']) {
      const asked = await rig.steer('primary', path)
      for (const coding of ['identity', 'chunked']) {
        const headers: Record<string, string> = coding === 'chunked' ? { 'transfer-encoding': coding } : {}
        const refusal = await rig.ask(path, { method: 'POST', headers, body: MB })
        assert.equal(refusal.httpStatus, 413, path)
        assert.ok(refusal.body.includes('What was sent is larger than this site accepts.'), refusal.body)
      }
      assert.equal(await rig.steer('primary', path), asked, 'no slot has heard of it')
    }
    const startedMs = performance.now()
    const verb = await rig.ask('/api/ops/deploy', { method: 'POST', body: MB.subarray(0, 64_000) })
    assert.equal(JSON.parse(verb.body).bytes, 64_000)
    assert.ok(performance.now() - startedMs < 1_000)
  }
  await rig.route({})
  for (const [path, accept] of [
    ['/ops', 'text/html'],
    ['/api/ops/releases/1/events', 'text/event-stream'],
  ] as const) {
    const headers = { 'transfer-encoding': 'chunked', accept }
    assert.equal((await rig.ask(path, { headers, body: MB })).httpStatus, 413, path)
  }
})
