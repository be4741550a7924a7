import type { RoutingState } from '../../src/release/ports.ts'
import { otherSlot } from '../../src/release/slot.ts'
import { type Cell, hashOf, randomOf } from './cells.ts'
import type { Aftermath, Fault } from './fault.ts'
import { viewJournal } from './journal-view.ts'
import type { FailedProbe } from './prober.ts'
import { begin, ended, released } from './releases.ts'
import type { Rig } from './rig.ts'
import { settled, unsoundAtLast } from './settled.ts'
import { lookBefore, routing } from './sound.ts'

export type CellResult = {
  id: string
  /** How the release that the fault met ended; `nothing to strike` where the point had nothing for the fault. */
  ended: string
  probes: number
  /** Failed probes that the fault itself excuses, and for how long visitors went without. */
  excused: number
  withoutMs: number
  violations: string[]
  tookMs: number
}

/** How a cell ended whose machine broke down: nothing is known of it. */
export const BROKEN_DOWN = 'broken down'

const REACH_DEADLINE_MS = 30_000
/** What takes nginx or the live slot down is excused until it is back, and this much longer. */
const GRACE_MS = 2_000

/** Runs one cell on a sound rig, and looks whether it is sound again. Never throws: what goes wrong is a violation. */
export async function runCell(rig: Rig, cell: Cell, fault: Fault, seed: number): Promise<CellResult> {
  const beganMs = performance.now()
  const run = {
    ended: '?',
    violations: [] as string[],
    excusedFromMs: Number.POSITIVE_INFINITY,
    excusedToMs: 0,
  }
  try {
    await strikeAndLook(rig, cell, fault, seed, run)
  } catch (cause) {
    run.violations.push(inWords(cause))
  } finally {
    rig.breakpoints.go()
  }
  const { sent, failed } = rig.prober.since(beganMs)
  const isExcused = ({ sentMs, endedMs }: FailedProbe): boolean =>
    endedMs >= run.excusedFromMs && sentMs <= run.excusedToMs
  const excused = failed.filter(isExcused)
  const wrong = failed.filter((probe) => !isExcused(probe))
  if (wrong.length > 0) run.violations.push(failedWords(wrong, beganMs, run))
  return {
    id: cell.id,
    ended: run.ended,
    probes: sent,
    excused: excused.length,
    withoutMs: Math.round(spanOf(excused)),
    violations: run.violations,
    tookMs: Math.round(performance.now() - beganMs),
  }
}

type Run = { ended: string; violations: string[]; excusedFromMs: number; excusedToMs: number }

async function strikeAndLook(rig: Rig, cell: Cell, fault: Fault, seed: number, run: Run): Promise<void> {
  const before = await lookBefore(rig)
  const served = await routing(rig)
  if (!served) throw new Error('Nothing is live.')
  const formerId = (await rig.system.history())[0]?.id ?? 0
  const [name = '', nth = '1'] = cell.point.split('#')
  rig.breakpoints.stopAt(fault.when, name, Number(nth) - 1)
  // The answer comes when the director goes on, or never.
  const begun = begin(rig, cell.verb).catch(() => null)
  const reached = await rig.breakpoints.reached(performance.now() + REACH_DEADLINE_MS)
  if (reached === null) throw new Error(`The release never came to ${cell.point}.`)
  const acknowledged = viewJournal(rig).newestEvent

  run.excusedFromMs = performance.now()
  const aftermath = await strike(rig, cell, fault, seed, served)
  if (aftermath === null) {
    run.excusedFromMs = Number.POSITIVE_INFINITY
    run.ended = 'nothing to strike'
  }
  await begun
  await aftermath?.repair?.()
  try {
    await settled(rig, aftermath?.losesStandby ?? false)
  } finally {
    if (aftermath?.excusedUntilMs) run.excusedToMs = (await aftermath.excusedUntilMs()) + GRACE_MS
  }
  run.violations.push(...(aftermath?.violations ?? []))

  const release = (await rig.system.history()).find(({ id }) => id === formerId + 1)
  if (aftermath !== null) run.ended = release?.state ?? 'unknown'
  if (fault.isHarmless?.(cell.point, cell.verb) && release?.state !== 'live')
    run.violations.push(`The release is ${release?.state}: ${release?.error?.what}`)
  const losesStandby = aftermath?.losesStandby ?? false
  const event = aftermath?.losesLastEvent ? acknowledged - 1 : acknowledged
  run.violations.push(...(await unsoundAtLast(rig, { ...before, event }, losesStandby)))
  await nextReleases(rig, run)
}

/** The next deploy and the next rollback work, and leave the system as sound as it was. */
async function nextReleases(rig: Rig, run: Run): Promise<void> {
  const before = await lookBefore(rig)
  for (const verb of ['deploy', 'rollback'] as const) {
    const release = await released(rig, verb)
    if (release.state !== 'live')
      run.violations.push(`The next ${verb} is ${release.state}: ${release.error?.what ?? '?'}`)
  }
  await settled(rig, false)
  const whole = { ...before, containers: rig.wholeSet }
  const unsound = await unsoundAtLast(rig, whole, false)
  run.violations.push(...unsound.map((sentence) => `After the next releases: ${sentence}`))
}

async function strike(
  rig: Rig,
  cell: Cell,
  fault: Fault,
  seed: number,
  before: RoutingState,
): Promise<Aftermath | null> {
  const now = await routing(rig)
  if (!now?.live) throw new Error('Nothing is live at the point.')
  return fault.strike({
    rig,
    verb: cell.verb,
    point: cell.point,
    target: otherSlot(before.live ?? now.live),
    live: now.live,
    generations: { before: before.generation, now: now.generation },
    random: randomOf(seed ^ hashOf(cell.id)),
    ended: (deadlineMs) => ended(rig, deadlineMs),
  })
}

function failedWords(wrong: readonly FailedProbe[], beganMs: number, run: Run): string {
  const [first] = wrong
  const last = wrong.at(-1)
  const at = (ms = 0): string => `${((ms - beganMs) / 1000).toFixed(2)} s`
  const struck = Number.isFinite(run.excusedFromMs) ? `, struck at ${at(run.excusedFromMs)}` : ''
  return `${wrong.length} probes failed from ${at(first?.sentMs)} to ${at(last?.sentMs)}${struck}: ${first?.kind}: ${first?.error}.`
}

function spanOf(probes: readonly FailedProbe[]): number {
  if (probes.length === 0) return 0
  return Math.max(...probes.map(({ endedMs }) => endedMs)) - Math.min(...probes.map(({ sentMs }) => sentMs))
}

function inWords(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause === undefined ? cause.message : `${cause.message} (${inWords(cause.cause)})`
}
