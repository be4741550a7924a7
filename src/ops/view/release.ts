import { isFailOver } from '../../release/freeze.ts'
import type {
  Build,
  DeployRequest,
  Release,
  ReleaseState,
  Source,
  StepRecord,
} from '../../release/release.ts'
import { between, duration } from '../../words/quantities.ts'
import type { Tone } from './tone.ts'

const STATES: Readonly<Record<ReleaseState, { word: string; tone: Tone }>> = {
  preparing: { word: 'Preparing', tone: 'busy' },
  switching: { word: 'Switching', tone: 'busy' },
  live: { word: 'Succeeded', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  aborted: { word: 'Aborted', tone: 'warn' },
}

/**
 * How a release stands, for people. `live` says that it went live once, not that it still is: hence another word. One whose move
 * was not confirmed is no plain success.
 */
export function outcomeOf({ state, steps }: Pick<Release, 'state' | 'steps'>): { word: string; tone: Tone } {
  const isDoubtful = steps.some(({ name, state: ended }) => name === 'confirm' && ended === 'failed')
  return state === 'live' && isDoubtful ? { word: 'Not confirmed', tone: 'warn' } : STATES[state]
}

export function isUnderWay(state: ReleaseState): boolean {
  return state === 'preparing' || state === 'switching'
}

/** `the working tree`, `ref main`, `image app:3`, `the standby`. */
export function sourceText(source: Source | DeployRequest['source']): string {
  switch (source.kind) {
    case 'tree':
      return 'the working tree'
    case 'ref':
      return `ref ${source.ref}`
    case 'image':
      return `image ${source.image}`
    case 'build':
      return `build ${source.build}`
    case 'standby':
      return 'the standby'
  }
}

/** The version that a release brings, as far as it is known yet. */
export function versionOf(release: Pick<Release, 'build' | 'label'>): string | null {
  return release.build?.version ?? release.label
}

/** `Deploy 1.5.0 to secondary`, `Deploy ref main to secondary`, `Roll back to 1.4.1 on primary`, `Fail over to …`. */
export function titleOf(
  release: Pick<Release, 'verb' | 'build' | 'label' | 'source' | 'slot' | 'actor'>,
): string {
  const version = versionOf(release)
  if (release.verb === 'rollback')
    return `${isFailOver(release) ? 'Fail over' : 'Roll back'} to ${version ?? 'the standby'} on ${release.slot}`
  return `Deploy ${version ?? sourceText(release.source)} to ${release.slot}`
}

/** The move in versions, `1.4.2 → 1.5.0`; a version that the build has not told yet is `…`. */
export function moveOf(release: Pick<Release, 'build' | 'label' | 'replaces' | 'state'>): string {
  const to = versionOf(release) ?? (isUnderWay(release.state) ? '…' : 'not built')
  return release.replaces === null ? to : `${release.replaces.version} → ${to}`
}

/** How long a step took, or has taken until `nowMs`; null before it began. */
export function stepTookMs(step: StepRecord, nowMs: number): number | null {
  if (step.startedAt === null) return null
  return Math.max(0, between(step.startedAt, step.endedAt) ?? nowMs - Date.parse(step.startedAt))
}

export function releaseTookMs(release: Pick<Release, 'createdAt' | 'endedAt'>, nowMs: number): number {
  return Math.max(0, between(release.createdAt, release.endedAt) ?? nowMs - Date.parse(release.createdAt))
}

/** One sentence for a screen reader at each change: the step that runs, or how it ended. */
export function announcementOf(release: Release): string {
  const running = release.steps.findIndex((step) => step.state === 'running')
  const step = release.steps[running]
  if (isUnderWay(release.state) && step) {
    return `Release ${release.id}, step ${running + 1} of ${release.steps.length}: ${step.label}.`
  }
  const end = `${titleOf(release)}: ${outcomeOf(release).word.toLowerCase()}`
  const took = between(release.createdAt, release.endedAt)
  return took === null ? `${end}.` : `${end} after ${duration(took)}.`
}

/** A build as the console names it: version, and the id that tells two builds of one version apart. */
export function buildText(build: Build): string {
  return build.deploymentId === null || build.deploymentId === build.version
    ? build.version
    : `${build.version} (${build.deploymentId})`
}
