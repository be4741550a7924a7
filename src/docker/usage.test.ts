import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsOf, type StatsSample, sampled, sampleOf } from './usage.ts'

const before: StatsSample = {
  read: '2026-01-01T00:00:00.000000000Z',
  cpu_stats: { cpu_usage: { total_usage: 1_000_000_000 } },
  memory_stats: { usage: 90, stats: { total_inactive_file: 40 } },
}
const sample: StatsSample = {
  read: '2026-01-01T00:00:02.000000000Z',
  cpu_stats: { cpu_usage: { total_usage: 2_000_000_000 } },
  memory_stats: { usage: 100, stats: { total_inactive_file: 40 } },
}

test('one second of work in two seconds is half a core; the page cache is not counted', () => {
  assert.deepEqual(sampled(before, sample), { cores: 0.5, usedBytes: 60 })
  const second = { ...sample, memory_stats: { usage: 100, stats: { inactive_file: 30 } } }
  assert.deepEqual(sampled(before, second), { cores: 0.5, usedBytes: 70 })
})

test('there is nothing to say of a stopped container, nor of one that began again', () => {
  assert.equal(sampled(before, { ...sample, memory_stats: {} }), null)
  assert.equal(sampled(sample, { ...before, read: '2026-01-01T00:00:04Z' }), null)
  assert.equal(sampled(sample, sample), null)
})

test('an answer in which Docker has read nothing is no sample, and another one is refused in one line', () => {
  assert.deepEqual(sampleOf(sample), sample)
  assert.equal(sampleOf({}), null)
  assert.equal(sampleOf({ name: '/shop', id: '6f1c', cpu_stats: {}, memory_stats: {} }), null)
  assert.throws(() => sampleOf({ ...sample, memory_stats: { usage: '100' } }), {
    message:
      "Docker's sample of a container has another shape: memory_stats.usage: Invalid input: expected number, received string",
  })
  assert.throws(() => sampleOf(null), {
    message:
      "Docker's sample of a container has another shape: it: Invalid input: expected object, received null",
  })
})

test('limits are read from either way to set them', () => {
  assert.deepEqual(limitsOf({ NanoCpus: 1_500_000_000, Memory: 512 }), { limitCores: 1.5, limitBytes: 512 })
  assert.deepEqual(limitsOf({ CpuQuota: 50_000, CpuPeriod: 100_000 }), { limitCores: 0.5, limitBytes: null })
  assert.deepEqual(limitsOf({ NanoCpus: 0, Memory: 0 }), { limitCores: null, limitBytes: null })
})
