import assert from 'node:assert/strict'
import { test } from 'node:test'
import { environmentChange, environmentChangeWords, isUnchanged } from './environment-change.ts'

const values = (pairs: Record<string, string>) => new Map(Object.entries(pairs))

test('environments differ by what is added, removed and changed, and only names are told', () => {
  const change = environmentChange(
    values({ A: '1', B: '2', C: '3', Z: '0' }),
    values({ Z: '9', E: '5', D: '4', A: '1' }),
  )
  assert.deepEqual(change, { added: ['D', 'E'], removed: ['B', 'C'], changed: ['Z'] })
  assert.equal(environmentChangeWords(change), 'D and E are added, B and C are removed, Z has another value')
})

test('the same values in another order are the same environment', () => {
  const change = environmentChange(values({ A: '1', B: '' }), values({ B: '', A: '1' }))
  assert.ok(isUnchanged(change))
  assert.equal(environmentChangeWords(change), '')
})

test('a name that is every object’s is a name like others', () => {
  const change = environmentChange(values({ constructor: 'x' }), values({ toString: 'y' }))
  assert.equal(environmentChangeWords(change), 'toString is added, constructor is removed')
})

test('of many names some are told', () => {
  const many = values(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`N${index + 10}`, 'x'])))
  assert.equal(
    environmentChangeWords(environmentChange(values({}), many)),
    'N10, N11, N12, N13, N14, N15, N16, N17 and 3 more are added',
  )
})
