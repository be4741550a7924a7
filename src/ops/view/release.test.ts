import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Build, Release, StepRecord } from '../../release/release.ts'
import { UNRECORDED } from '../../release/runtime.ts'
import { announcementOf, moveOf, outcomeOf, releaseTookMs, stepTookMs, titleOf } from './release.ts'

const build = (version: string): Build => ({
  image: `app:${version}`,
  deploymentId: null,
  version,
  revision: null,
  hasConsole: true,
  madeBy: 1,
})

const step = (name: StepRecord['name'], change: Partial<StepRecord> = {}): StepRecord => ({
  name,
  label: `Do ${name}`,
  state: 'waiting',
  startedAt: null,
  endedAt: null,
  detail: null,
  ...change,
})

const release = (change: Partial<Release> = {}): Release => ({
  id: 43,
  verb: 'deploy',
  state: 'preparing',
  source: { kind: 'ref', ref: 'main' },
  slot: 'secondary',
  from: 'primary',
  build: null,
  replaces: build('1.4.2'),
  runtime: UNRECORDED,
  environmentChange: null,
  label: null,
  note: null,
  actor: { kind: 'operator', name: 'Ada' },
  createdAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  steps: [step('preflight'), step('build')],
  error: null,
  recovery: null,
  ...change,
})

const nowMs = Date.parse('2026-01-01T00:01:00.000Z')

test('a title names what is known of the build', () => {
  assert.equal(titleOf(release()), 'Deploy ref main to secondary')
  assert.equal(titleOf(release({ label: '1.5.0' })), 'Deploy 1.5.0 to secondary')
  assert.equal(titleOf(release({ build: build('1.5.1'), label: '1.5.0' })), 'Deploy 1.5.1 to secondary')
  assert.equal(
    titleOf(release({ verb: 'rollback', source: { kind: 'standby' }, build: build('1.4.1') })),
    'Roll back to 1.4.1 on secondary',
  )
  const actor = { kind: 'director' as const, name: 'Fail-over' }
  assert.equal(
    titleOf(release({ verb: 'rollback', source: { kind: 'standby' }, build: build('1.4.1'), actor })),
    'Fail over to 1.4.1 on secondary',
  )
})

test('a move names both versions, as far as there are two', () => {
  assert.equal(moveOf(release({ label: '1.5.0' })), '1.4.2 → 1.5.0')
  assert.equal(moveOf(release()), '1.4.2 → …')
  assert.equal(moveOf(release({ state: 'failed' })), '1.4.2 → not built')
  assert.equal(moveOf(release({ replaces: null, label: '1.0.0' })), '1.0.0')
})

test('times run until now while there is no end', () => {
  const running = step('build', { state: 'running', startedAt: '2026-01-01T00:00:20.000Z' })
  assert.equal(stepTookMs(step('build'), nowMs), null)
  assert.equal(stepTookMs(running, nowMs), 40_000)
  assert.equal(stepTookMs({ ...running, endedAt: '2026-01-01T00:00:25.000Z' }, nowMs), 5_000)
  assert.equal(stepTookMs(running, nowMs - 60_000), 0)
  assert.equal(releaseTookMs(release(), nowMs), 60_000)
})

test('a move that was not confirmed is no plain success', () => {
  const doubtful = [step('switch', { state: 'done' }), step('confirm', { state: 'failed' })]
  const of = (state: Release['state'], steps = doubtful) => outcomeOf({ state, steps })
  assert.deepEqual(of('live'), { word: 'Not confirmed', tone: 'warn' })
  assert.deepEqual(of('live', [step('confirm', { state: 'done' })]), { word: 'Succeeded', tone: 'good' })
  assert.deepEqual(of('live', [step('record', { state: 'failed' })]), { word: 'Succeeded', tone: 'good' })
  assert.deepEqual(of('failed'), { word: 'Failed', tone: 'bad' })
})

test('each change of a release is one spoken sentence', () => {
  const steps = [
    step('preflight', { state: 'done' }),
    step('build', { state: 'running', label: 'Build the image' }),
  ]
  assert.equal(announcementOf(release({ steps })), 'Release 43, step 2 of 2: Build the image.')
  assert.equal(
    announcementOf(release({ state: 'live', label: '1.5.0', endedAt: '2026-01-01T00:01:12.000Z' })),
    'Deploy 1.5.0 to secondary: succeeded after 1m 12s.',
  )
})
