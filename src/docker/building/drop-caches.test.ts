import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import Docker from 'dockerode'
import { dropCaches } from './drop-caches.ts'

const dir = mkdtempSync(join(tmpdir(), 'docker-'))
after(() => rmSync(dir, { recursive: true }))

/** A Docker that has these images of packages, and notes what it is to remove. */
async function dockerWith(images: readonly { RepoTags: string[]; Created: number }[]) {
  const removed: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace(/\?.*/, '')
    if (request.method === 'DELETE') removed.push(path)
    const isVolume = path.startsWith('/volumes/')
    response.writeHead(isVolume ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(request.method === 'GET' ? images : []))
  }).listen(join(dir, 'docker.sock'))
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { docker: new Docker({ socketPath: join(dir, 'docker.sock') }), removed }
}

test('on a short disk the older packages go, and what npm has fetched; Next’s cache and the newest packages stay', async () => {
  const name = (tag: string): string => `switchyard-packages/shop:${tag}`
  const { docker, removed } = await dockerWith([
    { RepoTags: [name('old')], Created: 10 },
    { RepoTags: [name('new')], Created: 20 },
  ])
  await dropCaches(docker, 'shop', AbortSignal.timeout(20_000))
  assert.deepEqual(removed, [`/images/${name('old')}`, '/volumes/switchyard-shop-npm-cache'])
})
