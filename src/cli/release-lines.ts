import type { Release, StepRecord } from '../release/release.ts'
import { duration } from '../words/quantities.ts'
import { releaseTitle, tookMs } from './format.ts'
import { harmless, type Screen } from './screen.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** The steps of a release with their times, no line wider than the terminal: one that wraps could not be taken back. */
export function boardLines(
  release: Release,
  screen: Pick<Screen, 'columns' | 'paint'>,
  { nowMs, frame, lastLine }: { nowMs: number; frame: number; lastLine: string },
): string[] {
  const room = screen.columns() - 1
  const steps = release.steps.map((step) => {
    const text = stepText(step, nowMs).slice(0, room - 2)
    const mark = markOf(step, frame)
    if (step.state === 'waiting') return screen.paint('dim', `${mark} ${text}`)
    const colour = step.state === 'failed' ? 'red' : step.state === 'done' ? 'green' : 'bold'
    return `${screen.paint(colour, mark)} ${text}`
  })
  const last = release.steps.some(({ state }) => state === 'running')
    ? harmless(lastLine).slice(0, room - 4)
    : ''
  return [
    releaseTitle(release).slice(0, room),
    ...steps,
    ...(last === '' ? [] : [screen.paint('dim', `    ${last}`)]),
  ]
}

/** One line for a step that has just begun or ended, for where lines can't be taken back. */
export function stepLine(step: StepRecord, nowMs: number): string {
  return `${markOf(step, 0)} ${stepText(step, nowMs)}`
}

/** How a release ended, where it ended well. */
export function successLine(release: Release, nowMs: number): string {
  const version = harmless(release.build?.version ?? 'the build')
  const back = release.verb === 'rollback' ? ' again,' : ''
  const time = duration(tookMs(release, nowMs))
  return `Release ${release.id} is live after ${time}: visitors get ${version}${back} from the ${release.slot} slot.`
}

function stepText(step: StepRecord, nowMs: number): string {
  const time = stepMs(step, nowMs)
  const detail = step.detail === null || step.detail === '' ? '' : `: ${harmless(step.detail)}`
  return `${step.label}${time === null ? '' : `  ${duration(time)}`}${detail}`
}

function stepMs({ startedAt, endedAt }: StepRecord, nowMs: number): number | null {
  if (startedAt === null) return null
  return (endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt)
}

function markOf({ state }: StepRecord, frame: number): string {
  switch (state) {
    case 'done':
      return '✓'
    case 'failed':
      return '✗'
    case 'running':
      return FRAMES[frame % FRAMES.length] ?? '⠋'
    case 'waiting':
      return '·'
  }
}
