import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JournalEvent } from './journal-event.ts'
import { planRelease } from './plan.ts'
import type { Release, ReleaseState } from './release.ts'
import { UNRECORDED } from './runtime.ts'
import { applyEvent, createRelease, isUnderWay } from './transitions.ts'

const AT = '2026-01-01T00:00:00.000Z'
const ERROR = { code: 'aborted', what: 'a', live: 'b', next: 'c', detail: null } as const
const BUILD = { image: 'i:1', deploymentId: 'b1', version: '1', revision: null, hasConsole: true, madeBy: 1 }

function draft(): JournalEvent {
  const steps = planRelease({ verb: 'deploy', slot: 'secondary', from: 'primary', source: 'tree' }).map(
    (step) => ({
      ...step,
      state: 'waiting' as const,
      startedAt: null,
      endedAt: null,
      detail: null,
    }),
  )
  return {
    type: 'created',
    draft: {
      verb: 'deploy',
      source: { kind: 'tree' },
      slot: 'secondary',
      from: 'primary',
      build: null,
      replaces: null,
      label: null,
      note: null,
      actor: { kind: 'host', name: 'root' },
      steps,
    },
  }
}

const fresh = (): Release => createRelease(7, draft(), AT)

const EVENTS: Record<JournalEvent['type'], JournalEvent> = {
  created: draft(),
  'step-started': { type: 'step-started', name: 'build' },
  'step-ended': { type: 'step-ended', name: 'build', outcome: 'done', detail: 'x' },
  runtime: { type: 'runtime', runtime: UNRECORDED, change: null },
  built: { type: 'built', build: BUILD },
  switching: { type: 'switching' },
  live: { type: 'live' },
  failed: { type: 'failed', error: ERROR },
  aborted: { type: 'aborted', error: ERROR },
  recovered: { type: 'recovered', sentence: 's' },
}

function inState(state: ReleaseState): Release {
  const switching = (): Release => applyEvent(fresh(), EVENTS.switching, AT)
  if (state === 'preparing') return fresh()
  if (state === 'switching') return switching()
  if (state === 'live') return applyEvent(switching(), EVENTS.live, AT)
  return applyEvent(fresh(), state === 'failed' ? EVENTS.failed : EVENTS.aborted, AT)
}

const LEGAL: Record<ReleaseState, JournalEvent['type'][]> = {
  preparing: [
    ...(['step-started', 'step-ended', 'runtime', 'built', 'switching'] as const),
    ...(['failed', 'aborted', 'recovered'] as const),
  ],
  switching: ['step-started', 'step-ended', 'live', 'failed', 'aborted', 'recovered'],
  live: ['step-ended', 'recovered'],
  failed: ['recovered'],
  aborted: ['recovered'],
}

for (const state of ['preparing', 'switching', 'live', 'failed', 'aborted'] as const) {
  for (const event of Object.values(EVENTS)) {
    const isLegal = LEGAL[state].includes(event.type)
    test(`"${event.type}" is ${isLegal ? 'legal' : 'refused'} while ${state}`, () => {
      if (isLegal) {
        assert.equal(applyEvent(inState(state), event, AT).id, 7)
        return
      }
      assert.throws(() => applyEvent(inState(state), event, AT), {
        message: `Release 7 is ${state}: the event "${event.type}" is not legal there.`,
      })
    })
  }
}

test('a release that never moved the traffic can not become live', () => {
  assert.throws(() => applyEvent(fresh(), EVENTS.live, AT))
})

test('a step carries its times and what was seen', () => {
  const started = applyEvent(fresh(), EVENTS['step-started'], AT)
  const ended = applyEvent(started, EVENTS['step-ended'], '2026-01-01T00:00:09.000Z')
  const step = ended.steps.find(({ name }) => name === 'build')
  assert.deepEqual(step, {
    name: 'build',
    label: 'Build the image',
    state: 'done',
    startedAt: AT,
    endedAt: '2026-01-01T00:00:09.000Z',
    detail: 'x',
  })
})

test('an end takes the running step with it', () => {
  const ended = applyEvent(applyEvent(fresh(), EVENTS['step-started'], AT), EVENTS.aborted, AT)
  assert.equal(ended.steps.find(({ name }) => name === 'build')?.state, 'failed')
  assert.equal(isUnderWay(ended), false)
})
