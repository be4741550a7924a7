import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectIn, repositories, writeFiles } from '../../../test/fixtures/repositories.ts'
import { addressFindings } from './address-findings.ts'

const { repository } = repositories()
const { directory } = repository('shop', {})

const namesOf = async (files: Readonly<Record<string, string>>): Promise<string[]> => {
  writeFiles(directory, files)
  const found = await addressFindings(projectIn(directory), { kind: 'tree' }, AbortSignal.timeout(20_000))
  return found.map(({ name }) => name)
}

const matching = (source: string) => `export const config = { matcher: '${source}' }\n`
const redirecting = (source: string) =>
  `export default { redirects: () => [{ source: '${source}', destination: '/', permanent: false }] }\n`

test('a pattern that would never end keeps nobody waiting, and nothing is said of its file', async () => {
  const endless = '/(((((.*)*)*)*)*)*x'
  assert.deepEqual(
    await namesOf({ 'proxy.ts': matching('/:path*'), 'next.config.mjs': redirecting('/:path*') }),
    ['proxy', 'redirects'],
  )
  const beganMs = performance.now()
  assert.deepEqual(
    await namesOf({ 'proxy.ts': matching(endless), 'next.config.mjs': redirecting('/:path*') }),
    ['redirects'],
  )
  assert.deepEqual(
    await namesOf({ 'proxy.ts': matching('/:path*'), 'next.config.mjs': redirecting(endless) }),
    ['proxy'],
  )
  assert.ok(performance.now() - beganMs < 15_000)
})
