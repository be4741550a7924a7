import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, between, bytes, cores, duration, elapsed, middle, rate } from './quantities.ts'

test('durations read at a glance', () => {
  const cases: [number, string][] = [
    [-5, '0 ms'],
    [38.4, '38 ms'],
    [999.6, '1.0 s'],
    [4_240, '4.2 s'],
    [59_990, '1m'],
    [72_000, '1m 12s'],
    [11_112_000, '3h 5m'],
    [266_400_000, '3d 2h'],
  ]
  for (const [ms, text] of cases) assert.equal(duration(ms), text)
})

test('a running clock counts whole seconds', () => {
  assert.equal(elapsed(-20), '0 s')
  assert.equal(elapsed(5_900), '5 s')
  assert.equal(elapsed(65_000), '1m 5s')
})

test('ages are coarse', () => {
  assert.equal(ago(400), 'just now')
  assert.equal(ago(-400), 'just now')
  assert.equal(ago(40_000), '40 s ago')
  assert.equal(ago(3 * 3_600_000 + 60_000), '3h ago')
})

test('sizes and cores', () => {
  assert.equal(bytes(150 * 1_048_576), '150 MiB')
  assert.equal(cores(0.123), '0.12')
})

test('rates are fine where they are low', () => {
  assert.deepEqual([0, 0.04, 0.1, 9.94, 9.96, 1_234.5].map(rate), ['0.0', '0.0', '0.1', '9.9', '10', '1,235'])
})

test('the time between two moments is not known while one of them is not', () => {
  assert.equal(between('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.500Z'), 1_500)
  assert.equal(between('2026-01-01T00:00:00.000Z', null), null)
})

test('a long id keeps both ends', () => {
  assert.equal(middle('short', 10), 'short')
  assert.equal(middle('registry.example/team/app:b42-1a2b3c4', 15), 'registr…1a2b3c4')
})
