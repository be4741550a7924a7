import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsOf, type StatsSample, sampled } from './usage.ts'

const sample: StatsSample = {
  preread: '2026-01-01T00:00:00.000000000Z',
  read: '2026-01-01T00:00:02.000000000Z',
  precpu_stats: { cpu_usage: { total_usage: 1_000_000_000 } },
  cpu_stats: { cpu_usage: { total_usage: 2_000_000_000 } },
  memory_stats: { usage: 100, stats: { total_inactive_file: 40 } },
}

test('one second of work in two seconds is half a core; the page cache is not counted', () => {
  assert.deepEqual(sampled(sample), { cores: 0.5, usedBytes: 60 })
  const second = { ...sample, memory_stats: { usage: 100, stats: { inactive_file: 30 } } }
  assert.deepEqual(sampled(second), { cores: 0.5, usedBytes: 70 })
})

test('there is nothing to say of a first sample or of a stopped container', () => {
  assert.equal(sampled({ ...sample, preread: '0001-01-01T00:00:00Z' }), null)
  assert.equal(sampled({ ...sample, memory_stats: {} }), null)
})

test('limits are read from either way to set them', () => {
  assert.deepEqual(limitsOf({ NanoCpus: 1_500_000_000, Memory: 512 }), { limitCores: 1.5, limitBytes: 512 })
  assert.deepEqual(limitsOf({ CpuQuota: 50_000, CpuPeriod: 100_000 }), { limitCores: 0.5, limitBytes: null })
  assert.deepEqual(limitsOf({ NanoCpus: 0, Memory: 0 }), { limitCores: null, limitBytes: null })
})
