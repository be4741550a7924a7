import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../test/engine/until.ts'
import { whileVisited } from './visitors.ts'

const RATE = 100

async function site(run: (url: string, views: () => number) => Promise<void>): Promise<void> {
  let views = 0
  const server = http.createServer((_, response) => {
    views++
    response.end('page')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The test server has no port.')
  try {
    await run(`http://127.0.0.1:${address.port}`, () => views)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('every view of the time is answered with, and nobody comes after it', () =>
  site(async (url, views) => {
    const visited = await whileVisited(url, RATE, async () => {
      await until('visitors came', 5_000, async () => (views() >= 10 ? true : null))
      return 'done'
    })
    assert.equal(visited.result, 'done')
    assert.equal(visited.views.length, views())
    assert.deepEqual(new Set(visited.views.map(({ error }) => error)), new Set([null]))
  }))

test('visitors stop where what they were to see throws', () =>
  site(async (url, views) => {
    const visited = whileVisited(url, RATE, async () => {
      await until('visitors came', 5_000, async () => (views() >= 3 ? true : null))
      throw new Error('The build failed.')
    })
    await assert.rejects(visited, new Error('The build failed.'))
    const before = views()
    await delay(200)
    assert.equal(views(), before)
  }))
