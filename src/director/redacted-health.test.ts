import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from '../../test/fixtures/yard.ts'
import { redaction } from '../docker/redact.ts'
import { ReleaseError } from '../release/errors.ts'
import { redactedHealth } from './redacted-health.ts'

test('a secret that a candidate says aloud is neither logged nor told', async () => {
  const lines: string[] = []
  const health = redactedHealth(
    {
      probe: () => Promise.reject(new Error('not asked')),
      untilHealthy: async (_slot, _expected, log) => {
        log('not yet: database: connect postgres://shop:correct-horse@db')
        throw new ReleaseError('never-healthy', { reason: 'connect postgres://shop:correct-horse@db' })
      },
    },
    async () => redaction([['DB_PASSWORD', 'correct-horse']]),
  )
  const expected = { release: 1, build: build(1) }
  const signal = AbortSignal.timeout(1_000)
  await assert.rejects(
    health.untilHealthy('primary', expected, (line) => lines.push(line), signal),
    (error: unknown) => {
      assert.ok(error instanceof ReleaseError)
      assert.deepEqual(error.facts, { reason: 'connect postgres://shop:[DB_PASSWORD]@db' })
      return true
    },
  )
  assert.deepEqual(lines, ['not yet: database: connect postgres://shop:[DB_PASSWORD]@db'])
})
