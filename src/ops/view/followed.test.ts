import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveRelease, release } from '../../../test/fixtures/scripted-director.ts'
import { onScreenFirst, onScreenNext, onScreenWith } from './followed.ts'

const deploy = release({ id: 22 })
const failed = release({ id: 22, state: 'failed', endedAt: '2026-03-01T10:00:42.000Z' })
const rollback = liveRelease({ id: 23, verb: 'rollback' })

/** What was on screen after each status in turn, the first of which the dashboard opened with. */
function shown(...statuses: Parameters<typeof onScreenFirst>[0][]) {
  const [first, ...later] = statuses
  let onScreen = onScreenFirst(first ?? { running: null, last: null })
  return [
    onScreen.release,
    ...later.map((status) => {
      onScreen = onScreenNext(onScreen, status)
      return onScreen.release
    }),
  ]
}

test('a release stays on screen when it has ended', () => {
  const before = { running: null, last: liveRelease({ id: 21 }) }
  assert.deepEqual(shown(before, { running: deploy, last: before.last }, { running: null, last: failed }), [
    null,
    deploy,
    failed,
  ])
})

test('a newer release takes its place, also one that began and ended unseen', () => {
  const under = { running: deploy, last: null }
  const ended = { running: null, last: failed }
  assert.deepEqual(shown(under, ended, { running: null, last: rollback }), [deploy, failed, rollback])
  const next = release({ id: 23 })
  assert.deepEqual(shown(under, ended, { running: next, last: failed }), [deploy, failed, next])
  assert.deepEqual(shown(ended, { running: null, last: rollback }), [null, rollback])
})

test('a status from before a release that the operator began does not take it away', () => {
  const stale = { running: null, last: failed }
  const begun = onScreenWith(onScreenFirst(stale), release({ id: 23 }))
  assert.equal(onScreenNext(begun, stale), begun)
})

test('nothing new is no change, or the page would draw for ever', () => {
  const status = { running: null, last: failed }
  const ended = onScreenNext(onScreenFirst({ running: deploy, last: null }), status)
  assert.equal(ended.release, failed)
  assert.equal(onScreenNext(ended, status), ended)
})
