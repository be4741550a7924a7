import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coresOfBuild } from '../../scripts/build-cpus.mjs'

test('a build leaves one core to the visitors', () => {
  assert.equal(coresOfBuild('0-1', undefined), '1')
  assert.equal(coresOfBuild('0-3', ''), '1,2,3')
  assert.equal(coresOfBuild('0,2-3,6\n', undefined), '2,3,6')
})

test('the only core is shared', () => {
  assert.equal(coresOfBuild('0', undefined), null)
  assert.equal(coresOfBuild('5', '1'), null)
})

test('a build gets as many cores as it was given, and at most those that there are', () => {
  assert.equal(coresOfBuild('0-7', '2'), '6,7')
  assert.equal(coresOfBuild('0-7', '8'), null)
  assert.equal(coresOfBuild('0-7', '64'), null)
})
