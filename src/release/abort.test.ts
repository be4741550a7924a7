import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draft, type Yard, yard } from '../../test/fixtures/yard.ts'
import { runRelease } from './engine.ts'
import { ReleaseError } from './errors.ts'
import { planRelease } from './plan.ts'
import type { StepName } from './step-names.ts'

/** Makes the part that `step` works with wait until it is told to stop, the first time that it is asked. */
const HANGS: Readonly<Partial<Record<StepName, (system: Yard, untilAborted: Wait) => void>>> = {
  preflight: ({ parts }, wait) => {
    parts.preflight.run = (_source, signal) => wait(signal)
  },
  build: ({ parts }, wait) => {
    parts.builder.obtain = (_request, _log, signal) => wait(signal)
  },
  drain: ({ parts }, wait) => {
    const { probe } = parts.health
    parts.health.probe = once((_slot, signal) => wait(signal), probe)
  },
  start: ({ parts }, wait) => {
    const { start } = parts.slots
    parts.slots.start = once((_slot, _start, _log, signal) => wait(signal), start)
  },
  health: ({ parts }, wait) => {
    const { untilHealthy } = parts.health
    parts.health.untilHealthy = once((_slot, _expected, _log, signal) => wait(signal), untilHealthy)
  },
  assets: ({ parts }, wait) => {
    parts.assets.publish = (_slot, _build, _log, signal) => wait(signal)
  },
}

type Wait = (signal: AbortSignal) => Promise<never>

function once<Given extends unknown[], T>(
  first: (...given: Given) => Promise<T>,
  then: (...given: Given) => Promise<T>,
): (...given: Given) => Promise<T> {
  let isFirst = true
  return (...given) => {
    const work = isFirst ? first : then
    isFirst = false
    return work(...given)
  }
}

/** What is asked of the slots when a release is undone that had come to `step`. */
const UNDONE: Readonly<Partial<Record<StepName, readonly string[]>>> = {
  // Compose was ended at whatever it was doing.
  start: ['stop primary', 'start primary shop:1 1', 'health primary 1'],
  health: ['start primary shop:3 3', 'start primary shop:1 1', 'health primary 1'],
  assets: [
    'start primary shop:3 3',
    'health primary 3 with its console',
    'start primary shop:1 1',
    'health primary 1',
  ],
}

const steps = planRelease({ verb: 'deploy', slot: 'primary', from: 'secondary', source: 'tree' })
const beforeTheMove = steps
  .map(({ name }) => name)
  .slice(
    0,
    steps.findIndex(({ name }) => name === 'switch'),
  )

for (const step of beforeTheMove) {
  test(`a release that is aborted at its step "${step}" ends there, and all is as it was`, async () => {
    const system = await yard()
    const begun = Promise.withResolvers<void>()
    const hang = HANGS[step]
    assert.ok(hang, `this test has to learn how ${step} waits`)
    hang(system, (signal) => {
      begun.resolve()
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    })
    const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
    const controller = new AbortController()
    const running = runRelease(system.parts, id, () => undefined, controller.signal)
    await begun.promise
    controller.abort(new ReleaseError('aborted', { who: 'Ada' }))
    const release = await running
    assert.equal(release.state, 'aborted')
    assert.equal(release.error?.what, 'The release was aborted by Ada.')
    assert.equal(release.error?.live, 'Visitors get 2.0.0 from the secondary slot, as before.')
    const at = beforeTheMove.indexOf(step)
    assert.deepEqual(
      release.steps.map(({ state }) => state),
      release.steps.map((_, index) => (index < at ? 'done' : index === at ? 'failed' : 'waiting')),
    )
    assert.deepEqual(system.acts, UNDONE[step] ?? [])
    const routing = await system.routing()
    assert.deepEqual([routing?.live, routing?.up], ['secondary', ['primary', 'secondary']])
  })
}
