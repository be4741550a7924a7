import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { z } from 'zod'

process.env.BUILT_AS = 'b7-1a2b3c4'
const { fetchFromThisBuild, fromThisBuild } = await import('./this-build.ts')

/** Says which deployment id came with the request. */
const server = createServer(({ headers, method }, response) => {
  response.end(
    JSON.stringify({ method, id: headers['x-deployment-id'] ?? null, own: headers['x-own'] ?? null }),
  )
})
const seenSchema = z.object({ method: z.string(), id: z.string().nullable(), own: z.string().nullable() })
let origin: string

before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = z.object({ port: z.number() }).parse(server.address())
  origin = `http://127.0.0.1:${address.port}`
})
after(() => server.close())

/** As in a tab: code of the site runs with the address of its page. */
async function onPage<T>(href: string, run: () => T): Promise<Awaited<T>> {
  Object.defineProperty(globalThis, 'location', { value: new URL(href), configurable: true })
  try {
    return await run()
  } finally {
    Reflect.deleteProperty(globalThis, 'location')
  }
}

const ADDRESSES: readonly { given: string; made: string }[] = [
  { given: '/api/events', made: '/api/events?dpl=b7-1a2b3c4' },
  { given: '/', made: '/?dpl=b7-1a2b3c4' },
  { given: 'next', made: 'next?dpl=b7-1a2b3c4' },
  { given: '?page=2', made: '?page=2&dpl=b7-1a2b3c4' },
  { given: '/search?q=a%20b&empty&q=c', made: '/search?q=a%20b&empty&q=c&dpl=b7-1a2b3c4' },
  { given: '/a?next=/b?c#part#two', made: '/a?next=/b?c&dpl=b7-1a2b3c4#part#two' },
  { given: '/a?dpl=b1-old&x=1', made: '/a?x=1&dpl=b7-1a2b3c4' },
  { given: '/a?dplx=1', made: '/a?dplx=1&dpl=b7-1a2b3c4' },
  { given: 'https://shop.example/a', made: 'https://shop.example/a?dpl=b7-1a2b3c4' },
]

const FOREIGN = [
  'https://other.example/a',
  'http://shop.example/a',
  'https://shop.example:8443/a',
  '//other.example/a',
  '\\\\other.example/a',
  'blob:https://shop.example/0f0f',
  'data:text/plain,a',
  'mailto:a@shop.example',
]

test('an address of the site carries the build, and all else that it had', () =>
  onPage('https://shop.example/here', () => {
    for (const { given, made } of ADDRESSES) assert.equal(fromThisBuild(given), made)
  }))

test('no other origin learns the build', () =>
  onPage('https://shop.example/here', () => {
    for (const url of FOREIGN) assert.equal(fromThisBuild(url), url)
  }))

test('while the server renders, a path is the site’s own and a whole address is nobody’s', () => {
  assert.equal(fromThisBuild('/form?step=2'), '/form?step=2&dpl=b7-1a2b3c4')
  assert.equal(fromThisBuild('https://shop.example/a'), 'https://shop.example/a')
  assert.equal(fromThisBuild('//nowhere.example/a'), '//nowhere.example/a')
})

test('fetch carries the build to the site, whatever it is called with', async () => {
  const ways = [
    () => fetchFromThisBuild(`${origin}/a`, { method: 'POST', headers: { 'x-own': 'kept' } }),
    () => fetchFromThisBuild(new URL(`${origin}/a`), { method: 'POST', headers: [['x-own', 'kept']] }),
    () => fetchFromThisBuild(new Request(`${origin}/a`, { method: 'POST', headers: { 'x-own': 'kept' } })),
  ]
  for (const way of ways) {
    const response = await onPage(`${origin}/page`, way)
    const seen = seenSchema.parse(await response.json())
    assert.deepEqual(seen, { method: 'POST', id: 'b7-1a2b3c4', own: 'kept' })
  }
})

test('fetch to another origin is plain fetch', async () => {
  const response = await onPage('https://shop.example/', () => fetchFromThisBuild(`${origin}/a`))
  assert.equal(seenSchema.parse(await response.json()).id, null)
})

test('a build without an id, as in development, adds none', () => {
  const script = "console.log((await import('./this-build.ts')).fromThisBuild('/a'))"
  const { BUILT_AS: _, ...env } = process.env
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: join(import.meta.dirname),
    env,
    encoding: 'utf8',
  })
  assert.equal(output.trim(), '/a')
})
