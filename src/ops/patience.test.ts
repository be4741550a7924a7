import assert from 'node:assert/strict'
import { test } from 'node:test'
import { viaOtherSlot } from './other-slot.ts'
import { settlesWithin } from './patience.ts'

test('an outcome in time counts whether it is good or bad', async () => {
  assert.equal(await settlesWithin(Promise.resolve('done'), 1_000), true)
  assert.equal(await settlesWithin(Promise.reject(new Error('refused')), 1_000), true)
})

test('what never ends is not waited for', async () => {
  assert.equal(await settlesWithin(new Promise(() => undefined), 5), false)
})

test('the other slot is asked for by the query, whatever stands there already', () => {
  assert.equal(viaOtherSlot('/api/ops/rollback'), '/api/ops/rollback?via=other')
  assert.equal(
    viaOtherSlot('/api/ops/releases/4/events?from=0'),
    '/api/ops/releases/4/events?from=0&via=other',
  )
})
