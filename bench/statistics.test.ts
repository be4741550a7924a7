import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median } from './statistics.ts'

const MEDIANS: readonly [values: readonly number[], median: number][] = [
  [[3], 3],
  [[5, 1, 3], 3],
  [[4, 1, 3, 2], 2.5],
  [[], Number.NaN],
]

for (const [values, expected] of MEDIANS) {
  test(`the median of ${JSON.stringify(values)} is ${expected}`, () => assert.equal(median(values), expected))
}
