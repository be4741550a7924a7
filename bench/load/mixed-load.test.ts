import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../test/engine/until.ts'
import { startMixedLoad } from './mixed-load.ts'
import type { MixedPlan } from './plan.ts'

async function listening(listener: RequestListener, run: (port: number) => Promise<void>): Promise<void> {
  const server = http.createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The test server has no port.')
  try {
    await run(address.port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const planFor = (port: number, ratePerSecond: number, eventStreams: number): MixedPlan => ({
  http1: {
    quick: {
      url: `http://127.0.0.1:${port}`,
      ratePerSecond,
      durationMs: 60_000,
      postPath: null,
      farShare: 0,
    },
  },
  http2: null,
  streams: { host: '127.0.0.1', port, webSockets: 0, eventStreams },
  farShare: 0,
  farRoundTripMs: 0,
})

test('each of many failures has its own time', () =>
  listening(
    (_, response) => response.writeHead(502).end(),
    async (port) => {
      const startedMs = Date.now()
      const load = await startMixedLoad(planFor(port, 1_500, 0))
      try {
        const manyFailed = async () => ((await load.count()).counts.quick ?? 0) > 1_500 || null
        await until('many requests went out', 10_000, manyFailed)
        const boundaryMs = Date.now()
        await delay(300)
        const { incidents } = await load.stop()
        assert.ok(incidents.length > 1_500, `${incidents.length} incidents`)
        const after = incidents.filter(({ atMs }) => atMs >= boundaryMs).length
        assert.ok(after > 0 && after < incidents.length, `${after} of ${incidents.length} after the boundary`)
        assert.ok(incidents.every(({ atMs }) => atMs >= startedMs && atMs <= Date.now()))
      } finally {
        await load.kill()
      }
    },
  ))

test('a load whose streams can not be opened is ended', async () => {
  let asked = 0
  await listening(
    (_, response) => {
      asked++
      response.writeHead(503).end()
    },
    async (port) => {
      const words = /^Error: The load did not say "ready" within 5 s\.$/
      await assert.rejects(startMixedLoad(planFor(port, 10, 1), 5_000), words)
      const before = asked
      assert.ok(before > 0, 'it never tried')
      await delay(600)
      assert.equal(asked, before)
    },
  )
})
