import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overlaps } from './subnet.ts'

const CASES = [
  ['172.30.42.0/24', '172.30.42.0/24', true],
  ['172.30.42.0/24', '172.30.0.0/16', true],
  ['172.30.42.0/24', '172.30.42.200/32', true],
  ['172.30.42.0/24', '172.30.43.0/24', false],
  ['10.0.0.5/8', '10.200.0.0/24', true],
  ['0.0.0.0/0', '192.168.1.0/24', true],
  ['fd00::/64', '172.30.42.0/24', false],
] as const

for (const [one, other, expected] of CASES) {
  test(`${one} and ${other} ${expected ? 'overlap' : 'are apart'}`, () => {
    assert.equal(overlaps(one, other), expected)
    assert.equal(overlaps(other, one), expected)
  })
}
