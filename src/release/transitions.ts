import type { JournalEvent } from './journal-event.ts'
import type { Release, ReleaseState, StepRecord } from './release.ts'
import { UNRECORDED } from './runtime.ts'
import type { StepName } from './step-names.ts'

/**
 * Which event is legal in which state. `switching` is written before the symlink moves, so a release found in it
 * may or may not have taken effect: recovery asks the routing on disk. `live` is the only success.
 */
const LEGAL: Readonly<Record<ReleaseState, readonly JournalEvent['type'][]>> = {
  preparing: [
    'step-started',
    'step-ended',
    'runtime',
    'built',
    'switching',
    'failed',
    'aborted',
    'recovered',
  ],
  switching: ['step-started', 'step-ended', 'live', 'failed', 'aborted', 'recovered'],
  live: ['step-ended', 'recovered'],
  failed: ['recovered'],
  aborted: ['recovered'],
}

/** A release after one more event. Throws a plain `Error` on an event that is illegal in its state: a fault of ours, never of a user. */
export function applyEvent(release: Release, event: JournalEvent, at: string): Release {
  if (!LEGAL[release.state].includes(event.type)) {
    throw new Error(
      `Release ${release.id} is ${release.state}: the event "${event.type}" is not legal there.`,
    )
  }
  switch (event.type) {
    case 'created':
      throw new Error(`Release ${release.id} was created twice.`)
    case 'step-started':
      return withStep(release, event.name, { state: 'running', startedAt: at })
    case 'step-ended':
      return withStep(release, event.name, { state: event.outcome, endedAt: at, detail: event.detail })
    case 'runtime':
      return { ...release, runtime: event.runtime, environmentChange: event.change }
    case 'built':
      return { ...release, build: event.build }
    case 'switching':
      return {
        ...release,
        state: 'switching',
        ...(event.leftBehind === undefined ? {} : { leftBehind: event.leftBehind }),
      }
    case 'live':
      return { ...release, state: 'live', endedAt: at }
    case 'failed':
      return ended(release, 'failed', event.error, at)
    case 'aborted':
      return ended(release, 'aborted', event.error, at)
    case 'recovered':
      return { ...release, recovery: event.sentence }
  }
}

/** The release that a `created` event begins. */
export function createRelease(id: number, event: JournalEvent, at: string): Release {
  if (event.type !== 'created') throw new Error(`Release ${id} begins with "${event.type}".`)
  const open = { state: 'preparing', endedAt: null, error: null, recovery: null } as const
  return { ...event.draft, ...open, id, runtime: UNRECORDED, environmentChange: null, createdAt: at }
}

/** True while the release holds the lock and may still change something. */
export function isUnderWay(release: Release): boolean {
  return release.state === 'preparing' || release.state === 'switching'
}

function ended(release: Release, state: ReleaseState, error: Release['error'], at: string): Release {
  const steps = release.steps.map((step) =>
    step.state === 'running' ? { ...step, state: 'failed' as const, endedAt: at } : step,
  )
  return { ...release, state, error, endedAt: at, steps }
}

function withStep(release: Release, name: StepName, change: Partial<StepRecord>): Release {
  return {
    ...release,
    steps: release.steps.map((step) => (step.name === name ? { ...step, ...change } : step)),
  }
}
