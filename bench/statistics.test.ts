import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, percentile } from './statistics.ts'

const MEDIANS: readonly [values: readonly number[], median: number][] = [
  [[3], 3],
  [[5, 1, 3], 3],
  [[4, 1, 3, 2], 2.5],
  [[], Number.NaN],
]

for (const [values, expected] of MEDIANS) {
  test(`the median of ${JSON.stringify(values)} is ${expected}`, () => assert.equal(median(values), expected))
}

test('a percentile is a value that was seen', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index)
  assert.deepEqual([percentile(values, 50), percentile(values, 99), percentile(values, 100)], [100, 198, 200])
  assert.equal(percentile([7], 99), 7)
})
