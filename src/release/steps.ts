import { mustNotBeBarred } from './bar.ts'
import { drainSlot } from './drain.ts'
import { ReleaseError } from './errors.ts'
import { isFailOver } from './freeze.ts'
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
} from './ports.ts'
import { makeRoom } from './pruning.ts'
import type { Build, Release } from './release.ts'
import type { Keep } from './retention.ts'
import { NO_ROUTING, nextRouting, type SlotBuilds } from './routing.ts'
import { type SlotStart, startOf } from './runtime.ts'
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

/** Runs one step; answers with one line of what was seen, or null. */
export type Step = (context: StepContext) => Promise<string | null>

/** What each step does. Every one can run twice: recovery may begin again where a killed director stopped. */
export const STEPS: Readonly<Record<StepName, Step>> = {
  preflight: async (context) => {
    const { source } = current(context)
    const { builder, preflight } = context.parts
    if (source.kind !== 'standby') await makeRoom(context.parts, context.log, context.signal)
    const [words, findings] = await Promise.all([
      source.kind === 'standby' ? null : builder.check(source, context.signal),
      preflight.run(source, context.signal),
    ])
    if (words !== null) context.log(words)
    const outcome = refuseOnFinding(findings, context.log)
    if (source.kind !== 'standby') await recordRuntime(context)
    return outcome
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
    const { verb, slot } = current(context)
    if (verb === 'rollback') return checkStandby(context, slot)
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
    const routing = (await parts.traffic.read()) ?? NO_ROUTING
    signal.throwIfAborted()
    const { slot } = parts.journal.append(id, { type: 'switching' })
    const bars = parts.bars.list()
    const next = nextRouting(routing, { live: slot, builds: buildsAfter(context), bars, release: id })
    await parts.traffic.write(next)
    return `generation ${next.generation}`
  },

  confirm: async ({ parts, id }) => {
    const routing = await parts.traffic.read()
    const release = mustGet(parts.journal, id)
    const { tookMs } = await parts.traffic.confirm(
      {
        generation: routing?.generation ?? 0,
        slot: release.slot,
        release: startedBy(parts.journal, release),
        health: 'operational',
      },
      AbortSignal.timeout(parts.settings.moveDeadlineMs),
    )
    return `answered by ${release.slot} on fresh connections, ${Math.round(tookMs)} ms`
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
  return release.verb === 'deploy' ? release.id : (journal.holderOf(release.slot)?.id ?? release.id)
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

/** Publishing files takes time, and a director may be held up anywhere: what was healthy may have fallen ill meanwhile. */
async function checkStill(context: StepContext): Promise<void> {
  const { slot, verb } = current(context)
  if (verb === 'rollback') {
    await checkStandby(context, slot, 1)
    return
  }
  const { payload } = await context.parts.health.probe(slot, context.signal)
  if (payload.status === 'operational') return
  throw new ReleaseError('never-healthy', {
    reason: `it was healthy, and says now that it is ${payload.status}`,
  })
}

const STANDBY_PROBES = 3

/** A standby has been healthy before; a rollback is for bad moments, so three good answers in a row must do. */
async function checkStandby(
  { parts, id, signal }: StepContext,
  slot: Slot,
  probes = STANDBY_PROBES,
): Promise<string> {
  const expected = startedBy(parts.journal, mustGet(parts.journal, id))
  let latencyMs = 0
  for (let probe = 0; probe < probes; probe++) {
    const seen = await parts.health.probe(slot, signal).catch((cause: unknown) => {
      throw new ReleaseError(
        'standby-unhealthy',
        { reason: `${slot} does not answer as it should` },
        { cause },
      )
    })
    if (seen.payload.status !== 'operational' || seen.httpStatus !== 200) {
      throw new ReleaseError('standby-unhealthy', {
        reason: `${slot} says that it is ${seen.payload.status}`,
      })
    }
    if (seen.payload.release !== expected) {
      const reason = `${slot} runs release ${seen.payload.release}, not ${expected}`
      throw new ReleaseError('standby-unhealthy', { reason })
    }
    latencyMs = seen.latencyMs
  }
  return `${probes} of ${probes} healthy, answers in ${Math.round(latencyMs)} ms`
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

/** Taken where the release was allowed to begin: what was looked at then is what its slot gets, minutes of building later. */
async function recordRuntime({ parts, id, log, signal }: StepContext): Promise<void> {
  parts.journal.append(id, { type: 'runtime', runtime: await parts.runtimes.now(log, signal) })
}

const current = ({ parts, id }: StepContext): Release => mustGet(parts.journal, id)

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
