import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { nowMs, renamedAt, seenOf } from './moves.ts'

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
  const arrivals = { primary: { '/fresh': [1_100], '/kept': [1_490] }, secondary: { '/fresh': [1_050] } }
  assert.deepEqual(seenOf(move, 1_000, arrivals), { first: 50, lastFresh: 100, lastKept: null })
})

test('a move that no request followed has neither a first nor a last', () => {
  assert.deepEqual(seenOf(move, 1_000, { primary: { '/fresh': [1_001] }, secondary: {} }), {
    ...{ first: null, lastFresh: null, lastKept: null },
  })
})

/** A tick of the kernel, and what a busy machine puts between two readings of its clocks. */
const CLOSE_MS = 200

test('the time of a rename is never later than the rename, and close to it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sybench-moves-'))
  try {
    for (let number = 0; number < 20; number++) {
      await symlink(`gen-${number}`, join(dir, 'next'))
      const beforeMs = nowMs()
      await rename(join(dir, 'next'), join(dir, 'current'))
      const afterMs = nowMs()
      const seenMs = await renamedAt(join(dir, 'current'))
      assert.ok(seenMs <= afterMs, `${seenMs - afterMs} ms too late`)
      assert.ok(seenMs >= beforeMs - CLOSE_MS, `${beforeMs - seenMs} ms too early`)
    }
  } finally {
    await rm(dir, { recursive: true })
  }
})
