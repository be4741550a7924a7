import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seenOf } from './moves.ts'

const move = {
  to: 'secondary',
  startMs: 1_000,
  renamedMs: null,
  doneMs: 1_001,
  confirmedMs: 1_010,
  untilMs: 1_500,
} as const

test('the first at the new slot and the last at the old one are counted from the zero that is named', () => {
  const arrivals = {
    primary: { '/fresh': [990, 1_003], '/kept': [995] },
    secondary: { '/fresh': [1_006], '/kept': [1_004, 1_600] },
  }
  assert.deepEqual(seenOf(move, 1_000, arrivals), { first: 4, lastFresh: 3, lastKept: 0 })
  assert.deepEqual(seenOf(move, 1_002, arrivals), { first: 2, lastFresh: 1, lastKept: 0 })
})

test('what still arrives at the old slot when the next move begins has no last', () => {
  const arrivals = { primary: { '/fresh': [1_100], '/kept': [1_490] }, secondary: {} }
  assert.deepEqual(seenOf(move, 1_000, arrivals), { first: null, lastFresh: 100, lastKept: null })
})
