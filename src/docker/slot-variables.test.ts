import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from '../../test/fixtures/yard.ts'
import { type Runtime, UNRECORDED } from '../release/runtime.ts'
import { runtimeIn, slotVariables } from './slot-variables.ts'

test('what an env file says of a slot is read as it was written, and anything else is nothing', () => {
  const recorded: Runtime = { environment: 'a'.repeat(64), preload: 'b'.repeat(64) }
  for (const runtime of [recorded, UNRECORDED]) {
    const values = new Map(Object.entries(slotVariables('primary', { build: build(1), release: 1, runtime })))
    assert.deepEqual(runtimeIn('primary', values), runtime)
    assert.deepEqual(runtimeIn('secondary', values), UNRECORDED)
  }
  const odd = new Map([
    ['PRIMARY_ENVIRONMENT', '/dev/null'],
    ['PRIMARY_PRELOAD', '../b'],
  ])
  assert.deepEqual(runtimeIn('primary', odd), UNRECORDED)
})
