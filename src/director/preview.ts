import type { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import { freezeWords, isRefusedBy } from '../release/freeze.ts'
import { describeError } from '../release/messages.ts'
import { planRelease } from '../release/plan.ts'
import { roomToBeMade } from '../release/pruning.ts'
import type { Actor, Source } from '../release/release.ts'
import { otherSlot, type Slot } from '../release/slot.ts'
import type { Parts } from '../release/steps.ts'
import { environmentFinding } from './environment-finding.ts'
import { releasableSource } from './kept-build.ts'
import { liveSlot } from './live-slot.ts'
import type { PlanView, PreflightFinding, planRequestSchema, SystemStatus } from './protocol.ts'

type PlanRequest = z.infer<typeof planRequestSchema>

/** Who asks, and how things are. */
type Asked = { actor: Actor; status: Pick<SystemStatus, 'actions' | 'holder'> }

/** What a deploy or rollback would do if it began now, and what refuses it: the same table as for the verb itself. Changes nothing. */
export async function previewPlan(
  parts: Parts,
  request: PlanRequest,
  { actor, status }: Asked,
  signal: AbortSignal,
): Promise<PlanView> {
  const from = await liveSlot(parts)
  const slot = from === null ? 'primary' : otherSlot(from)
  const isRenewed = request.verb === 'rollback' && request.environment === 'current'
  const found = await sourceOf(parts, request, slot, signal)
  const { source } = found
  const findings = [
    ...(found.refusal ?? (await checkSource(parts, source, slot, signal))),
    ...(await afterPruning(parts, await parts.preflight.run(source, signal), source, signal)),
    ...(await environmentFinding(parts, request, { slot, from })),
    ...permissionFinding(request.verb, status),
    ...freezeFinding(parts, request, actor),
  ]
  const steps = planRelease({ verb: request.verb, slot, from, source: source.kind, isRenewed })
  return {
    verb: request.verb,
    slot,
    from,
    fromVersion: from && (parts.journal.holderOf(from)?.build?.version ?? null),
    toVersion:
      request.verb === 'deploy'
        ? (request.request.label ?? found.version)
        : (parts.journal.holderOf(slot)?.build?.version ?? null),
    steps,
    findings: findings.filter(isNew),
    mayStart: findings.every((finding) => finding.outcome !== 'refused'),
  }
}

type Found = { source: Source; version: string | null; refusal: PreflightFinding[] | null }

/** What the release would be looked at as. A build that is not kept is told as what refuses it. */
async function sourceOf(parts: Parts, request: PlanRequest, slot: Slot, signal: AbortSignal): Promise<Found> {
  const standby: Found = { source: { kind: 'standby' }, version: null, refusal: null }
  if (request.verb === 'rollback') {
    const build = parts.journal.holderOf(slot)?.build
    if (request.environment === undefined || !build) return standby
    return { ...standby, source: { kind: 'image', image: build.image, hasConsole: build.hasConsole } }
  }
  const asked = request.request.source
  const version = asked.kind === 'build' ? versionOf(parts, asked.build) : null
  try {
    return { source: await releasableSource(parts, asked, signal), version, refusal: null }
  } catch (cause) {
    if (!(cause instanceof ReleaseError)) throw cause
    const sentence = describeError(cause, '').what
    const refusal: PreflightFinding = { name: 'source', outcome: 'refused', code: cause.code, sentence }
    return { source: { kind: 'tree' }, version, refusal: [refusal] }
  }
}

const versionOf = ({ journal }: Parts, id: string): string | null =>
  journal.builds().find(({ deploymentId }) => deploymentId === id)?.version ?? null

/** A deploy prunes before it looks at the disk: what that would mend is no refusal. */
async function afterPruning(
  parts: Parts,
  findings: readonly PreflightFinding[],
  source: Source,
  signal: AbortSignal,
): Promise<readonly PreflightFinding[]> {
  const isFull = ({ code, outcome }: PreflightFinding) => code === 'disk-full' && outcome === 'refused'
  if (source.kind === 'standby' || !findings.some(isFull)) return findings
  const { builds, isEnough } = await roomToBeMade(parts, source, signal)
  if (!isEnough) return findings
  const words = `${builds === 1 ? 'An old build goes' : `${builds} old builds go`} first, which should make room.`
  return findings.map((finding) =>
    isFull(finding)
      ? { name: finding.name, outcome: 'warning', sentence: `${finding.sentence} ${words}` }
      : finding,
  )
}

/** Two checks may meet the same obstacle, such as a stopped Docker. */
function isNew({ sentence }: PreflightFinding, index: number, all: readonly PreflightFinding[]): boolean {
  return all.findIndex((other) => other.sentence === sentence) === index
}

function permissionFinding(
  verb: 'deploy' | 'rollback',
  { actions, holder }: Pick<SystemStatus, 'actions' | 'holder'>,
): PreflightFinding[] {
  const { allowed, reason } = actions[verb]
  if (allowed) return []
  const sentence = reason ?? `A ${verb} is not possible now.`
  return [{ name: 'permission', outcome: 'refused', sentence, ...(holder === null ? {} : { code: 'busy' }) }]
}

function freezeFinding({ freezes }: Parts, plan: PlanRequest, actor: Actor): PreflightFinding[] {
  const frozen = freezes.inForce()
  if (plan.verb === 'rollback' || frozen === null) return []
  const { despiteFreeze } = plan.request
  const sentence = freezeWords(frozen)
  if (isRefusedBy(frozen, { actor, despiteFreeze }))
    return [{ name: 'freeze', outcome: 'refused', code: 'frozen', sentence }]
  return [{ name: 'freeze', outcome: 'warning', sentence: `${sentence} This deploy leaves it so.` }]
}

async function checkSource(
  { builder, journal }: Parts,
  source: Source,
  slot: Slot,
  signal: AbortSignal,
): Promise<PreflightFinding[]> {
  if (source.kind === 'standby') {
    const held = journal.holderOf(slot)?.build
    return held
      ? [{ name: 'source', outcome: 'ok', sentence: `${slot} holds ${held.version}.` }]
      : [{ name: 'source', outcome: 'refused', sentence: `${slot} holds no build to roll back to.` }]
  }
  try {
    return [{ name: 'source', outcome: 'ok', sentence: await builder.check(source, signal) }]
  } catch (cause) {
    if (!(cause instanceof ReleaseError)) throw cause
    return [{ name: 'source', outcome: 'refused', code: cause.code, sentence: describeError(cause, '').what }]
  }
}
