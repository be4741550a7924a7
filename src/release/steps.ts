import { mustNotBeBarred } from './bar.ts'
import { drainSlot } from './drain.ts'
import { environmentChangeWords } from './environment-change.ts'
import { ReleaseError } from './errors.ts'
import { isFailOver } from './freeze.ts'
import { awakeDeadline } from './move/awake.ts'
import { checkStandby } from './move/check-standby.ts'
import { howItIsLeft, isLeftBehindBetter } from './move/left-behind.ts'
import { lookAt } from './move/look-at.ts'
import { confirmationWords } from './move/words.ts'
import type {
  Assets,
  Bars,
  Builder,
  EnvFile,
  Freezes,
  Health,
  Journal,
  KeepMarks,
  LogSink,
  Preflight,
  PreflightFindings,
  Runtimes,
  Slots,
  StartedSlots,
  Stock,
  Traffic,
  TrafficLog,
} from './ports.ts'
import { makeRoom } from './pruning.ts'
import type { Build, Release, Source } from './release.ts'
import type { Keep } from './retention.ts'
import { NO_ROUTING, nextRouting, type SlotBuilds } from './routing.ts'
import { type SlotStart, startOf, startsSlot, UNRECORDED } from './runtime.ts'
import { otherSlot, SLOTS, type Slot } from './slot.ts'
import type { StepName } from './step-names.ts'

/** Everything that a release touches, behind the domain's ports. */
export type Parts = {
  traffic: Traffic
  slots: Slots
  runtimes: Runtimes
  builder: Builder
  health: Health
  assets: Assets
  preflight: Preflight
  journal: Journal
  bars: Bars
  keepMarks: KeepMarks
  freezes: Freezes
  envFile: EnvFile
  stock: Stock
  /** What visitors were answered; left out where nobody keeps count. */
  trafficLog?: Pick<TrafficLog, 'since'>
  settings: {
    drainCapMs: number
    healthDeadlineMs: number
    moveDeadlineMs: number
    /** How many builds are kept beside the live one and the standby, and for how many days any other. */
    keep: Keep
  }
}

export type StepContext = {
  parts: Parts
  id: number
  log: LogSink
  /** Aborted by an operator. It counts only before the commit point; `switch` and later steps have deadlines of their own. */
  signal: AbortSignal
}

/** How a step ended: one line of what was seen, or null. One that `failed` is told as such, and the release goes on. */
export type StepEnd = string | null | { failed: string }

export type Step = (context: StepContext) => Promise<StepEnd>

/** What each step does. Every one can run twice: recovery may begin again where a killed director stopped. */
export const STEPS: Readonly<Record<StepName, Step>> = {
  preflight: async (context) => {
    const release = current(context)
    const source = checkedSource(release)
    const { builder, preflight } = context.parts
    if (source.kind !== 'standby') await makeRoom(context.parts, context.log, context.signal)
    const [words, findings] = await Promise.all([
      source.kind === 'standby' ? null : builder.check(source, context.signal),
      preflight.run(source, context.signal),
    ])
    if (words !== null) context.log(words)
    const outcome = refuseOnFinding(findings, context.log)
    const change = await recordRuntime(context, release)
    return change === null ? outcome : `${outcome}. ${change}`
  },

  build: async (context) => {
    const { source, label } = current(context)
    const build = await context.parts.builder.obtain(
      { source, label, release: context.id },
      context.log,
      context.signal,
    )
    context.parts.journal.append(context.id, { type: 'built', build })
    // An image that had to be pulled could not be looked at before.
    mustNotBeBarred(context.parts.bars.list(), build)
    return `${build.version}, ${build.image}`
  },

  drain: async (context) =>
    drainSlot(context.parts, current(context).slot, context.id, context.log, context.signal),

  start: async (context) => {
    const { slot } = current(context)
    await context.parts.slots.start(slot, mustStart(context), context.log, context.signal)
    return null
  },

  health: async (context) => {
    const release = current(context)
    const { slot } = release
    if (!startsSlot(release)) return checkStandby(context, release, expectedIn(context))
    return untilHealthy(context, slot)
  },

  assets: async (context) => {
    const { slot } = current(context)
    const { files } = await context.parts.assets.publish(slot, buildOf(context), context.log, context.signal)
    return files === 0 ? 'none to publish' : `${files} files`
  },

  seed: async (context) => {
    const standby = otherSlot(current(context).slot)
    await context.parts.slots.start(standby, mustStart(context), context.log, context.signal)
    return untilHealthy(context, standby)
  },

  switch: async (context) => {
    const { parts, id, signal } = context
    await checkStill(context)
    const leftBehind = await howItIsLeft(parts, current(context), signal)
    const routing = (await parts.traffic.read()) ?? NO_ROUTING
    signal.throwIfAborted()
    const { slot } = parts.journal.append(id, { type: 'switching', leftBehind })
    const bars = parts.bars.list()
    const next = nextRouting(routing, { live: slot, builds: buildsAfter(context), bars, release: id })
    await parts.traffic.write(next)
    return `generation ${next.generation}`
  },

  confirm: async (context) => {
    const { parts, id, log } = context
    const routing = await parts.traffic.read()
    const release = current(context)
    const expected = {
      generation: routing?.generation ?? 0,
      slot: release.slot,
      release: expectedIn(context),
      health: 'operational',
    } as const
    using deadline = awakeDeadline(parts.settings.moveDeadlineMs)
    const seen = await parts.traffic.confirm(expected, deadline.signal)
    if (seen.missing === null)
      return `answered by ${release.slot} on fresh connections, ${Math.round(seen.tookMs)} ms`
    if (seen.sight !== 'slow' && (await isLeftBehindBetter(parts, release, expected, seen.sight)))
      throw new ReleaseError('switch-unconfirmed', {
        reason: `${seen.missing}, and ${release.from} answers well`,
      })
    const { detail, sentence } = confirmationWords(seen, release, expected.generation)
    parts.journal.append(id, { type: 'recovered', sentence })
    log(sentence)
    return seen.sight === 'nginx-late' || seen.sight === 'unreached' ? { failed: detail } : detail
  },

  record: async ({ parts, id }) => {
    const release = parts.journal.append(id, { type: 'live' })
    await recordLive(parts, release)
    return null
  },
}

/** Writes the env file so that it holds exactly what each slot was started with: a plain `compose up` then changes nothing. */
export async function recordLive(
  { journal, envFile }: Pick<Parts, 'journal' | 'envFile'>,
  release: Release,
): Promise<void> {
  await envFile.write(startedSlots(journal), release.slot)
}

/** Whether the env file says already what is live. One that can't be read does not. */
export async function isLiveRecorded({
  journal,
  envFile,
}: Pick<Parts, 'journal' | 'envFile'>): Promise<boolean> {
  const live = journal.newestLive()
  return live === null || envFile.has(startedSlots(journal), live.slot).catch(() => false)
}

function startedSlots(journal: Journal): StartedSlots {
  const started: StartedSlots = {}
  for (const slot of SLOTS) {
    const holder = journal.holderOf(slot)
    const start = holder && startOf(holder)
    if (start) started[slot] = start
  }
  return started
}

/** The number that the slot of `release` reports of itself: a rollback goes to a slot that an earlier release started. */
export function startedBy(journal: Journal, release: Release): number {
  return startsSlot(release) ? release.id : (journal.holderOf(release.slot)?.id ?? release.id)
}

/** The builds that may be addressed once `release` is live. */
function buildsAfter({ parts, id }: StepContext): SlotBuilds {
  const release = mustGet(parts.journal, id)
  const other = otherSlot(release.slot)
  const build = release.build ?? undefined
  // Tabs must not be led to a slot that is down; once it answers again `correctRouting` brings it back.
  if (isFailOver(release)) return { [release.slot]: build }
  const otherBuild = release.from === null ? build : (parts.journal.holderOf(other)?.build ?? undefined)
  return { [release.slot]: build, [other]: otherBuild }
}

async function untilHealthy(context: StepContext, slot: Slot): Promise<string> {
  const { parts, id, log, signal } = context
  const { tookMs, latencyMs } = await parts.health.untilHealthy(
    slot,
    { release: id, build: buildOf(context) },
    log,
    signal,
  )
  return `healthy after ${(tookMs / 1000).toFixed(1)} s, answers in ${Math.round(latencyMs)} ms`
}

/** It has answered five times within 3 s each a moment ago. A candidate gets no visitors unless it says that it is well. */
const CANDIDATE_WITHIN_MS = 10_000

/** Publishing files takes time, and a director may be held up anywhere: what was healthy may have fallen ill meanwhile. */
async function checkStill(context: StepContext): Promise<void> {
  const release = current(context)
  const { slot } = release
  if (!startsSlot(release)) {
    await checkStandby(context, release, expectedIn(context), 1)
    return
  }
  const sight = await lookAt(
    context.parts.health,
    slot,
    expectedIn(context),
    CANDIDATE_WITHIN_MS,
    context.signal,
  )
  if (sight.kind === 'well') return
  throw new ReleaseError('never-healthy', { reason: `it was healthy, and now ${sight.reason}` })
}

function refuseOnFinding(findings: PreflightFindings, log: LogSink): string {
  for (const finding of findings) log(`${finding.outcome}: ${finding.sentence}`)
  const refusal = findings.find((finding) => finding.outcome === 'refused')
  if (refusal) throw new ReleaseError(refusal.code ?? 'internal', { sentence: refusal.sentence })
  const warnings = findings.filter((finding) => finding.outcome === 'warning').length
  return warnings === 0
    ? `${findings.length} ${findings.length === 1 ? 'check' : 'checks'} passed`
    : `${findings.length} checks, ${warnings} with a warning`
}

/**
 * Taken where the release was allowed to begin: what was looked at then is what its slot gets, minutes of building later.
 * Answers with the names that differ from what visitors have now, in a sentence, or null: whoever releases reads it before the move.
 */
async function recordRuntime(
  { parts, id, log, signal }: StepContext,
  release: Release,
): Promise<string | null> {
  const { journal, runtimes } = parts
  const runtime = startsSlot(release)
    ? await runtimes.now(log, signal)
    : (journal.holderOf(release.slot)?.runtime ?? UNRECORDED)
  const before = release.from && journal.holderOf(release.from)?.runtime
  const change = before ? await runtimes.change(before, runtime) : null
  journal.append(id, { type: 'runtime', runtime, change })
  const words = change && environmentChangeWords(change)
  if (!words) return null
  const sentence = `The environment is another than that of ${release.from}: ${words}.`
  log(sentence)
  return sentence
}

/** A rollback that starts the standby anew is looked at as what it is then. */
export function checkedSource(release: Pick<Release, 'verb' | 'source' | 'steps' | 'build'>): Source {
  const { source, build } = release
  if (source.kind !== 'standby' || !build || !startsSlot(release)) return source
  return { kind: 'image', image: build.image, hasConsole: build.hasConsole }
}

const current = ({ parts, id }: StepContext): Release => mustGet(parts.journal, id)

const expectedIn = (context: StepContext): number => startedBy(context.parts.journal, current(context))

function buildOf(context: StepContext): Build {
  const { build } = current(context)
  if (!build) throw new Error(`Release ${context.id} has no build yet.`)
  return build
}

function mustStart(context: StepContext): SlotStart {
  const start = startOf(current(context))
  if (!start) throw new Error(`Release ${context.id} has no build yet.`)
  return start
}

function mustGet(journal: Journal, id: number): Release {
  const release = journal.get(id)
  if (!release) throw new Error(`Release ${id} is not in the journal.`)
  return release
}
