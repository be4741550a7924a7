import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { checkRoad, type Road } from './road.ts'

const FROM_SLOT = { 'x-served-by': 'primary' }

/** A site that compresses where it is asked to, and `isPlain` does not say otherwise. */
async function check(
  road: Pick<Road, 'from' | 'encoding'>,
  { status = 200, headers = {}, isPlain = false },
): Promise<void> {
  const server = http.createServer((request, response) => {
    const isGzip = request.headers['accept-encoding'] === 'gzip' && !isPlain
    response.writeHead(status, { ...headers, ...(isGzip ? { 'content-encoding': 'gzip' } : {}) })
    response.end(isGzip ? gzipSync('script') : 'script')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The test server has no port.')
  try {
    await checkRoad({ ...road, url: `http://127.0.0.1:${address.port}/a.js` })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('a road that leads where its name says passes, in both encodings', async () => {
  for (const encoding of ['gzip', 'identity'] as const) {
    await check({ from: 'disk', encoding }, {})
    await check({ from: 'slot', encoding }, { headers: FROM_SLOT })
  }
})

const REFUSED: readonly [Pick<Road, 'from' | 'encoding'>, Parameters<typeof check>[1], string][] = [
  [{ from: 'slot', encoding: 'identity' }, {}, 'from the disk as identity, not from the slot as identity.'],
  [
    { from: 'disk', encoding: 'gzip' },
    { headers: FROM_SLOT },
    'from the slot as gzip, not from the disk as gzip.',
  ],
  [
    { from: 'slot', encoding: 'gzip' },
    { headers: FROM_SLOT, isPlain: true },
    'from the slot as identity, not from the slot as gzip.',
  ],
  [{ from: 'disk', encoding: 'gzip' }, { status: 404 }, 'is answered with 404.'],
]

for (const [road, site, words] of REFUSED) {
  test(`a road is refused: ${words}`, async () => {
    await assert.rejects(check(road, site), (error) => {
      assert.ok(error instanceof Error)
      assert.ok(error.message.endsWith(words), error.message)
      return true
    })
  })
}
