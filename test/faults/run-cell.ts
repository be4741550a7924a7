import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Release, ReleaseVerb } from '../../src/release/release.ts'
import { otherSlot } from '../../src/release/slot.ts'
import { until } from '../engine/until.ts'
import { type Cell, hashOf, randomOf } from './cells.ts'
import type { Aftermath, Fault } from './fault.ts'
import { unfinishedIn, viewJournal } from './journal-view.ts'
import type { FailedProbe } from './prober.ts'
import type { Rig } from './rig.ts'
import { type Before, lookBefore, routing, unsoundness } from './sound.ts'

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

const REACH_DEADLINE_MS = 30_000
const SETTLE_DEADLINE_MS = 60_000
const ENDED_DEADLINE_MS = 30_000
const TRY_AGAIN_MS = 12_000
const TRY_PAUSE_MS = 500
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
  const formerId = (await rig.system.history())[0]?.id ?? 0
  const [name = '', nth = '1'] = cell.point.split('#')
  rig.breakpoints.stopAt(fault.when, name, Number(nth) - 1)
  const begun = begin(rig, cell.verb)
  const reached = await rig.breakpoints.reached(performance.now() + REACH_DEADLINE_MS)
  if (reached === null) throw new Error(`The release never came to ${cell.point}.`)
  const acknowledged = viewJournal(rig).newestEvent

  run.excusedFromMs = performance.now()
  const aftermath = await strike(rig, cell, fault, seed, before.generation)
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
  const losesStandby = aftermath?.losesStandby ?? false
  run.violations.push(...(await unsoundAtLast(rig, { ...before, event: acknowledged }, losesStandby)))
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
  before: number,
): Promise<Aftermath | null> {
  const now = await routing(rig)
  if (!now?.live) throw new Error('Nothing is live at the point.')
  const from = liveBefore.get(rig) ?? now.live
  return fault.strike({
    rig,
    verb: cell.verb,
    point: cell.point,
    target: otherSlot(from),
    live: now.live,
    generations: { before, now: now.generation },
    random: randomOf(seed ^ hashOf(cell.id)),
    ended: (deadlineMs = ENDED_DEADLINE_MS) => ended(rig, deadlineMs),
  })
}

const liveBefore = new WeakMap<Rig, 'primary' | 'secondary'>()

/** Asks for the release. The answer comes when the director goes on, or never. */
async function begin(rig: Rig, verb: ReleaseVerb): Promise<void> {
  const state = await routing(rig)
  if (state?.live) liveBefore.set(rig, state.live)
  const asked = verb === 'deploy' ? deployNext(rig) : rig.system.rollback()
  await asked.catch(() => null)
}

/** A build that neither slot holds, with files that are published anew, so that every deploy passes the same points. */
async function deployNext(rig: Rig): Promise<Release> {
  await allowDeploys(rig)
  const { slots } = await rig.system.status()
  const held = [slots.primary.version, slots.secondary.version]
  const image = rig.builds.find((tag) => !held.includes(versionOf(tag))) ?? rig.builds[0] ?? ''
  const published = join(rig.system.dir, 'state/assets', versionOf(image).replaceAll('.', '-'))
  rmSync(published, { recursive: true, force: true })
  return rig.system.deploy({ kind: 'image', image, hasConsole: true })
}

/** What keeps deploys back after a rollback is lifted here, once there is such a thing. */
async function allowDeploys(_rig: Rig): Promise<void> {
  await Promise.resolve()
}

const versionOf = (tag: string): string => tag.slice(tag.lastIndexOf(':') + 1)

/** One release from its beginning to its end. */
export async function released(rig: Rig, verb: ReleaseVerb): Promise<Release> {
  const { id } = await (verb === 'deploy' ? deployNext(rig) : rig.system.rollback())
  return rig.system.ended(id)
}

/** The director tries every few seconds what it could not do at first. */
async function unsoundAtLast(rig: Rig, before: Before, losesStandby: boolean): Promise<string[]> {
  const endMs = performance.now() + TRY_AGAIN_MS
  while (true) {
    const found = await unsoundness(rig, before, losesStandby)
    if (found.length === 0 || performance.now() > endMs) return found
    await delay(TRY_PAUSE_MS)
  }
}

/** Whether a cell that was violated has left nothing behind. */
export async function isSoundAgain(rig: Rig): Promise<boolean> {
  try {
    await settled(rig, false)
    const before = { ...(await lookBefore(rig)), containers: rig.wholeSet }
    return (await unsoundness(rig, before, false)).length === 0
  } catch {
    return false
  }
}

async function ended(rig: Rig, deadlineMs: number): Promise<void> {
  const endMs = performance.now() + deadlineMs
  while (performance.now() < endMs) {
    const status = await rig.system.status().catch(() => null)
    if (status !== null && status.running === null) return
    await delay(50)
  }
}

/** The director has nothing left to do, and everything may be done again. */
async function settled(rig: Rig, losesStandby: boolean): Promise<void> {
  let last = 'the director does not answer'
  await until('everything may be done again', SETTLE_DEADLINE_MS, async () => {
    const status = await rig.system.status().catch(() => null)
    if (status === null) return null
    const { running, routing: served, docker, actions } = status
    // What recovery is at is the director's own matter, and not told on a full disk, where no one can write down who holds the lock.
    const [unfinished] = unfinishedIn(viewJournal(rig))
    const problems = [
      unfinished && `release ${unfinished.id} is not settled`,
      running && `release ${running.id} is under way`,
      served.problem,
      docker.problem,
      actions.deploy.reason,
      losesStandby ? null : actions.rollback.reason,
    ].filter((problem) => problem !== null && problem !== undefined)
    last = problems.join(' ')
    return problems.length === 0 ? true : null
  }).catch((cause: unknown) => {
    throw new Error(`The director does not settle: ${last}`, { cause })
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
