import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Failure } from '../../test/load/tally.ts'
import { type Mark, stretchesOf } from './stretches.ts'

const mark = (atMs: number, sent: number, acts: number, broken = 0): Mark => ({
  ...{ atMs, sent },
  tabs: { acts, failed: broken, reloads: 2 * broken, broken },
})

const failure = (atMs: number): Failure => ({
  ...{ at: new Date(atMs).toISOString(), atMs, kind: 'GET fresh', path: '/', error: 'HTTP 502' },
  ...{ httpStatus: 502, servedBy: null, isReused: false, tookMs: 1 },
})

const none = { acts: 0, failed: 0, reloads: 0, broken: 0 }

test('everything from one mark to the next is of the first one’s kind, the last to the end', () => {
  const marks = [
    { kind: 'rest', ...mark(1_000, 0, 0) },
    { kind: 'release', ...mark(2_000, 10, 5) },
    { kind: 'rollback', ...mark(3_000, 30, 9, 1) },
    { kind: 'release', ...mark(4_000, 35, 11, 1) },
  ] as const
  const failures = [999, 1_999, 2_000, 2_999, 3_000, 9_000].map(failure)
  assert.deepEqual(stretchesOf(marks, mark(5_000, 50, 20, 3), failures), [
    {
      ...{ kind: 'release', times: 2, sent: 35, failed: 3 },
      tabs: { acts: 13, failed: 3, reloads: 6, broken: 3 },
    },
    { kind: 'rollback', times: 1, sent: 5, failed: 1, tabs: { ...none, acts: 2 } },
    { kind: 'rest', times: 1, sent: 10, failed: 2, tabs: { ...none, acts: 5 } },
  ])
})

test('what did not come to be has no times', () => {
  const marks = [{ kind: 'rest', ...mark(1_000, 0, 0) }] as const
  const [release] = stretchesOf(marks, mark(2_000, 5, 1), [])
  assert.deepEqual(release, { kind: 'release', times: 0, sent: 0, failed: 0, tabs: none })
})
