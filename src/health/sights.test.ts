import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { after, test } from 'node:test'
import { lookAt } from '../release/move/look-at.ts'
import { slotHealth } from './slot-health.ts'

const PAYLOAD = {
  ...{ status: 'operational', timestamp: '2026-01-01T00:00:00.000Z', version: '1.0.0', slot: 'primary' },
  ...{ release: 9, deploymentId: 'b9', uptimeSeconds: 1, inFlight: 0, checks: {} },
}

async function listening(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

const saying =
  (status: number, body: unknown, afterMs = 0): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    setTimeout(() => response.end(JSON.stringify(body)), afterMs).unref()
  }

const lookAtPort = (port: number, withinMs = 400) =>
  lookAt(
    slotHealth({ addressOf: () => '127.0.0.1', settings: { port, probeTimeoutMs: 50 } }),
    'primary',
    9,
    withinMs,
  )

test('what a slot answers is told apart from its silence, and that from nobody being there', async () => {
  const well = await lookAtPort(await listening(saying(200, PAYLOAD)))
  assert.equal(well.kind, 'well')
  const seen = async (listener: RequestListener) => lookAtPort(await listening(listener))
  assert.deepEqual(await seen(saying(503, { ...PAYLOAD, status: 'degraded' })), {
    kind: 'ill',
    reason: 'primary says that it is degraded',
  })
  assert.deepEqual(await seen(saying(200, { ...PAYLOAD, release: 8 })), {
    kind: 'other',
    reason: 'primary runs release 8, not 9',
  })
  assert.deepEqual(await seen(saying(404, {})), {
    kind: 'malformed',
    reason: 'primary does not answer as it should: it answers HTTP 404',
  })
  assert.deepEqual(await seen(() => undefined), {
    kind: 'silent',
    reason: 'primary does not answer within 0.4 s',
  })
})

test('a slot that is slow is well, within the time that it is given', async () => {
  const port = await listening(saying(200, PAYLOAD, 250))
  const sight = await lookAtPort(port, 1_000)
  assert.ok(sight.kind === 'well' && sight.latencyMs > 200, JSON.stringify(sight))
  assert.equal((await lookAtPort(port, 100)).kind, 'silent')
})

test('a port where nobody listens is gone', async () => {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  server.close()
  assert.deepEqual(await lookAtPort(port), {
    kind: 'gone',
    reason: 'primary does not answer: the connection was refused',
  })
})
