import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addLatencies, addLatency, noLatencies, percentile } from './latencies.ts'

const of = (...values: number[]) => {
  const latencies = noLatencies()
  for (const ms of values) addLatency(latencies, ms)
  return latencies
}

test('percentiles are exact below 50 ms, and at most 2 % too high above', () => {
  for (const ms of [0, 1, 12, 49, 50, 51, 99, 100, 250, 1_000, 4_321, 59_999, 120_000, 600_000]) {
    const found = percentile(of(ms), 50) ?? Number.NaN
    assert.ok(found >= ms && found <= Math.max(ms * 1.02, 50), `${ms} ms became ${found} ms`)
    if (ms < 50) assert.equal(found, ms)
  }
})

test('a percentile is what that part of all stayed within', () => {
  const hundred = of(...Array.from({ length: 100 }, (_, n) => (n < 95 ? n % 40 : 45)))
  assert.deepEqual(
    [50, 95, 96, 99, 100].map((percent) => percentile(hundred, percent)),
    [17, 39, 45, 45, 45],
  )
  assert.equal(percentile(of(7), 99), 7)
})

test('without any there is no percentile, and an endless one counts as ten minutes', () => {
  assert.equal(percentile(noLatencies(), 50), null)
  const endless = percentile(of(7 * 24 * 3_600_000), 50) ?? 0
  assert.ok(endless >= 600_000 && endless <= 612_000)
})

test('counts of two stretches of time add up to those of both', () => {
  const both = of(1, 2, 3)
  addLatencies(both, of(10, 20, 30))
  assert.deepEqual(both, of(1, 2, 3, 10, 20, 30))
})
