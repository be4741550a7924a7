import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slotsBehind } from './slots-behind.ts'

test('one slot that lacks a change is named, and when it gets it', () => {
  assert.equal(
    slotsBehind(['secondary']),
    "The secondary slot runs without what changed in the slots' settings or the compose file: a running slot is never touched.\nThe next release to a slot takes it up. Until then `docker compose -f docker-compose.release.yml up -d` without names of services would recreate it, even while it is live.",
  )
})

test('of two slots one is live, and both would go at once', () => {
  assert.equal(
    slotsBehind(['primary', 'secondary']),
    "The slots primary and secondary run without what changed in the slots' settings or the compose file: a running slot is never touched.\nThe next release to a slot takes it up. Until then `docker compose -f docker-compose.release.yml up -d` without names of services would recreate both at once, the live one too.",
  )
})
