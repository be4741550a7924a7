import assert from 'node:assert/strict'
import { mkdtemp, readlink, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { nowMs, seenOf, watchRenames } from './moves.ts'

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

test('a rename is noted as it begins, and only the one that is watched', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sybench-moves-'))
  const renames = watchRenames(join(dir, 'current'))
  try {
    await symlink('gen-1', join(dir, 'next'))
    assert.equal(renames.lastMs(), null)
    const beforeMs = nowMs()
    await rename(join(dir, 'next'), join(dir, 'current'))
    const afterMs = nowMs()
    const seenMs = renames.lastMs() ?? Number.NaN
    assert.ok(seenMs >= beforeMs && seenMs <= afterMs, `${beforeMs}, ${seenMs}, ${afterMs}`)
    assert.equal(await readlink(join(dir, 'current')), 'gen-1')
    await rename(join(dir, 'current'), join(dir, 'other'))
    assert.equal(renames.lastMs(), seenMs)
  } finally {
    renames.stop()
    await rm(dir, { recursive: true })
  }
})
