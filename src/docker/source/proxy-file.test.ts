import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { caughtBy } from './proxy-file.ts'

const BOTH = ['/ops', '/api/ops/ping']
const withMatcher = (matcher: string) =>
  `export function middleware() {}\nexport const config = { matcher: ${matcher} }\n`

test('a matcher that takes the console too is read as one', () => {
  for (const [matcher, caught] of [
    [`'/:path*'`, BOTH],
    [`['/((?!_next|[^?]*\\\\.(?:html?|css|js)).*)', '/(api|trpc)(.*)']`, BOTH],
    [`'/((?!api|_next/static|favicon.ico).*)'`, ['/ops']],
    [`['/', '/(de|en)/:path*']`, []],
    [`["/dashboard/:path*", "/account"]`, []],
    [`'/:section'`, ['/ops']],
    [`'/api/:path*'`, ['/api/ops/ping']],
    [`'/((?!api|ops|_next).*)'`, []],
    [`[{ source: '/:path*', has: [{ type: 'header', key: 'x' }] }]`, []],
    [`[{ source: '/((?!_next).*)' }]`, BOTH],
    [`'/(('`, []],
  ] as const) {
    assert.deepEqual(caughtBy(withMatcher(matcher)), caught, matcher)
  }
})

test('a proxy without a matcher takes everything, and one that names /ops knows of it', () => {
  assert.deepEqual(caughtBy('export default function proxy() {}\n'), BOTH)
  assert.deepEqual(caughtBy('// not for /ops\nexport default function proxy() {}\n'), BOTH)
  assert.deepEqual(
    caughtBy(`export function proxy(r) { if (r.nextUrl.pathname.startsWith('/ops')) return }\n`),
    [],
  )
})

test('the proxy of this template takes nothing of the console', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'proxy.ts'), 'utf8')
  assert.deepEqual(caughtBy(text), [])
})
