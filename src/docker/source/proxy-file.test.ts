import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { caughtBy, proxyFileFinding } from './proxy-file.ts'

const ALL = ['/ops', '/api/ops', '/api/system']
const API = ['/api/ops', '/api/system']
const withMatcher = (matcher: string) =>
  `export function middleware() {}\nexport const config = { matcher: ${matcher} }\n`

test('a matcher that takes the console or the status route too is read as one', () => {
  for (const [matcher, caught] of [
    [`'/:path*'`, ALL],
    [`['/((?!_next|[^?]*\\\\.(?:html?|css|js)).*)', '/(api|trpc)(.*)']`, ALL],
    [`'/((?!api|_next/static|favicon.ico).*)'`, ['/ops']],
    // As next-intl's documentation has it.
    [`'/((?!api|trpc|_next|_vercel|.*\\\\..*).*)'`, ['/ops']],
    [`['/', '/(de|en)/:path*']`, []],
    [`["/dashboard/:path*", "/account"]`, []],
    [`'/:section'`, ['/ops']],
    [`'/:locale(de|en)/:path*'`, []],
    [`'/api/:path*'`, API],
    [`'/((?!api|ops|_next).*)'`, []],
    [`'/((?!ops|_next).*)'`, API],
    [`'/((?!ops|api/ops|api/system|_next).*)'`, []],
    ['`/((?!api|ops).*)`', []],
    // As Next's own documentation has it: a request that is no prefetch has neither header.
    [
      `[{ source: '/((?!api|_next).*)', missing: [{ type: 'header', key: 'next-router-prefetch' }, { type: 'header', key: 'purpose', value: 'prefetch' }] }]`,
      ['/ops'],
    ],
    [
      `[{ source: '/:path*', has: [{ type: 'header', key: 'x' }], missing: [{ type: 'header', key: 'y' }] }]`,
      [],
    ],
    [`[{ source: '/:path*', has: [{ type: 'header', key: 'x' }] }, '/api/:path*']`, API],
    [`[{ source: '/((?!_next).*)' }]`, ALL],
    [`[{ "source": "/api/:path*", /* '/:path*' */ locale: false }]`, API],
    [`'/(('`, []],
    [`[]`, []],
  ] as const) {
    assert.deepEqual(caughtBy(withMatcher(matcher)), caught, matcher)
  }
})

test('a proxy without a matcher takes everything, and one that names an address knows of it', () => {
  const proxy = (body: string) => `export default function proxy(request) { ${body} }\n`
  assert.deepEqual(caughtBy(proxy('')), ALL)
  assert.deepEqual(caughtBy(`// not for /ops and '/api'\n${proxy('')}`), ALL)
  assert.deepEqual(caughtBy(proxy(`if (request.nextUrl.pathname.startsWith('/ops')) return`)), [
    '/api/system',
  ])
  assert.deepEqual(caughtBy(proxy(`if (/^\\/(ops|api)/.test(request.nextUrl.pathname)) return`)), [])
  assert.deepEqual(caughtBy(proxy(`const open = ['/login', '/ops', '/api/system']`)), [])
})

test('a proxy is looked for where Next looks, and told in one sentence', async () => {
  const finding = (files: Record<string, string>) => proxyFileFinding(async (path) => files[path] ?? null)
  assert.equal(await finding({ 'app/proxy.ts': '' }), null)
  assert.equal(await finding({ 'proxy.ts': withMatcher(`'/account'`) }), null)
  assert.equal(
    (await finding({ 'src/middleware.ts': withMatcher(`'/:path*'`) }))?.sentence,
    'src/middleware.ts runs before /ops, /api/ops and /api/system as well: where it answers or redirects them, the health check refuses the release. Let its matcher leave out /ops, /api/ops and /api/system.',
  )
})

test('the proxy of this template takes nothing of the console', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'proxy.ts'), 'utf8')
  assert.deepEqual(caughtBy(text), [])
})
