import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clock } from './clock.ts'

test("a time is told with the machine's zone", () => {
  const before = process.env.TZ
  try {
    process.env.TZ = 'UTC'
    assert.equal(clock('2026-03-02T14:30:00Z'), '2 Mar, 14:30 UTC')
    process.env.TZ = 'Europe/Berlin'
    assert.equal(clock('2026-03-02T14:30:00Z'), '2 Mar, 15:30 CET')
  } finally {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  }
})
