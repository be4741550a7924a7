import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { configRulesFinding, rulesBefore } from './config-rules.ts'

const ALL = ['/ops', '/api/ops', '/api/system']

test('redirects that come before the console are found, however they are written', () => {
  const all = `[{ source: '/:path*', destination: 'https://new.example/:path*', permanent: true }]`
  const expected = [{ verb: 'redirects', source: '/:path*', caught: ALL }]
  for (const config of [
    `export default { redirects: async () => ${all} }`,
    `export default { async redirects() { return ${all} } }`,
    `const nextConfig: NextConfig = { async redirects(): Promise<Redirect[]> { return ${all} } }`,
    `module.exports = { redirects: async function () { return ${all} } }`,
    `const redirects = async () => { const more = 'x'; return [...more, ...${all}] }\nexport default { redirects }`,
    `async function redirects() { return ${all} }`,
    `export default { "redirects": () => (${all}) }`,
  ]) {
    assert.deepEqual(rulesBefore(config), expected, config)
  }
})

test('a source is read as Next reads it', () => {
  for (const [rule, caught] of [
    [`source: '/:path*'`, ALL],
    [`source: '/(.*)'`, ALL],
    [`source: "/:path((?!ops|api/ops|api/system).*)"`, []],
    [`source: '/:path((?!ops).*)'`, ['/api/ops', '/api/system']],
    [`source: '/api/:path*'`, ['/api/ops', '/api/system']],
    [`source: '/:section(news|ops)'`, ['/ops']],
    [`source: '/:id(\\\\d{1,})'`, []],
    [`source: '/blog/:slug*'`, []],
    [`source: '/ops', destination: '/admin'`, ['/ops']],
    [`source: '/:path*', has: [{ type: 'host', value: 'old.example' }]`, []],
    [`source: '/:path*', missing: [{ type: 'cookie', key: 'seen' }]`, ALL],
    [`source: '/:path*', basePath: false`, []],
    [`source: '/(('`, []],
  ] as const) {
    const found = rulesBefore(`export default { redirects: () => [{ ${rule}, permanent: false }] }`)
    assert.deepEqual(found[0]?.caught ?? [], caught, rule)
  }
})

test('rewrites come before what has a parameter, before all, or behind all', () => {
  const rule = (source: string) => `{ source: '${source}', destination: 'https://api.example/:path*' }`
  const found = (answer: string) =>
    rulesBefore(`export default { rewrites: async () => (${answer}) }`).map(({ caught }) => caught)
  assert.deepEqual(found(`[${rule('/api/:path*')}]`), [['/api/ops']])
  assert.deepEqual(found(`[${rule('/:path*')}]`), [['/ops', '/api/ops']])
  assert.deepEqual(found(`{ afterFiles: [${rule('/api/system/:path*')}] }`), [])
  assert.deepEqual(found(`{ beforeFiles: [${rule('/api/:path*')}], fallback: [${rule('/:path*')}] }`), [
    ['/api/ops', '/api/system'],
  ])
  assert.deepEqual(found(`{ fallback: [${rule('/:path*')}] }`), [])
})

test('headers, comments and what another file holds are no rules, and the config of this template has none', () => {
  for (const config of [
    `export default { headers: async () => [{ source: '/:path*', headers: [] }] }`,
    `export default { // redirects: () => [{ source: '/:path*' }]\n }`,
    `export default { redirects: shared.redirects, async rewrites() { return rules } }`,
    readFileSync(join(import.meta.dirname, '../../../next.config.mjs'), 'utf8'),
  ]) {
    assert.deepEqual(rulesBefore(config), [], config)
  }
})

test('the first such rule is told in one sentence', async () => {
  const config = `export default { rewrites: async () => [{ source: '/api/:path*', destination: '/' }] }`
  const finding = await configRulesFinding(async (path) => (path === 'next.config.ts' ? config : null))
  assert.equal(
    finding?.sentence,
    'next.config.ts rewrites /api/ops as well, by "/api/:path*", so the health check will refuse the release. Let such a source leave out ours, as "/:path((?!ops|api/ops|api/system).*)" does.',
  )
})
