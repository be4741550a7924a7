import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ratioTarget } from './ratio-target.ts'

const runs = (rates: readonly number[], failed = 0) =>
  rates.map((requestsPerSecond) => ({ requestsPerSecond, p99Ms: 10, failed }))
const own = { name: 'from disk', runs: runs([200, 330, 150]), error: null }
const other = { name: 'through the slot', runs: runs([100, 110, 100]), error: null }

test('a ratio is the median of those of the rounds', () => {
  assert.deepEqual(ratioTarget('files', 2, own, other), {
    ...{ name: 'files', limit: '≥ 2 ×', seen: '2.00 ×', isMet: true, why: null },
  })
})

test('a missed ratio says what was measured', () => {
  const { isMet, why } = ratioTarget('files', 2.5, own, other, 'Its log costs 3 %.')
  assert.equal(isMet, false)
  assert.match(
    why ?? '',
    /^Over the rounds it was 1\.50 to 3\.00 ×\. At the median 200 requests\/s from disk \(p99 10\.0 ms\) against 100 requests\/s through the slot \(p99 10\.0 ms\)\. Its log costs 3 %\. The load average was /,
  )
})

for (const [own1, other1] of [
  [7, 0],
  [0, 7],
] as const) {
  test(`a ratio of requests that failed is missed: ${own1} and ${other1} a round`, () => {
    const failing = [
      { ...own, runs: runs([200, 330, 150], own1) },
      { ...other, runs: runs([100, 110, 100], other1) },
    ] as const
    const { seen, isMet, why } = ratioTarget('files', 2, ...failing)
    assert.equal(isMet, false)
    assert.equal(seen, '2.00 ×, with requests that failed')
    assert.match(
      why ?? '',
      new RegExp(`^Requests that failed ${own1 ? 'from disk' : 'through the slot'}: 21\\. `),
    )
  })
}

test('a ratio to what did not run is missed, for its reason', () => {
  const absent = { name: 'through the slot', runs: [], error: 'Its port is taken.' }
  assert.deepEqual(ratioTarget('files', 2, own, absent), {
    ...{ name: 'files', limit: '≥ 2 ×', seen: 'nothing', isMet: false },
    why: 'It failed to run: Its port is taken.',
  })
})
