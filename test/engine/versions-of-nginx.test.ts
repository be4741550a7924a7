import assert from 'node:assert/strict'
import { test } from 'node:test'
import Docker from 'dockerode'
import { otherNginxes } from '../system/nginx-images.ts'
import { runNginxTests } from '../system/run-nginx-tests.ts'

/** What differs between versions shows here within seconds; `npm run test:nginx` runs all files on each. */
const FILES = [
  'nginx-rules.test.ts',
  'nginx-routing.test.ts',
  'nginx-static.test.ts',
  'nginx-compression.test.ts',
  'nginx-proxying.test.ts',
]
const DEADLINE_MS = 5 * 60_000

const others = await otherNginxes(new Docker(), console.log)

test('the oldest nginx that we serve with is among those tried', () => {
  const versions = others.map(({ version }) => version)
  assert.ok(
    versions.some((version) => version.startsWith('1.22.')),
    `tried: ${versions.join(', ') || 'none'}`,
  )
})

for (const { image, version } of others) {
  const startedAt = performance.now()
  const outcomes = await runNginxTests(FILES, image, DEADLINE_MS)
  console.log(`nginx ${version}: ${outcomes.length} tests in ${Math.round(performance.now() - startedAt)} ms`)
  for (const { name, isGood, error } of outcomes) {
    test(`on nginx ${version}: ${name}`, () => assert.ok(isGood, error ?? 'it failed without an error'))
  }
}
