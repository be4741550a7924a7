import { z } from 'zod'
import { ReleaseError } from './errors.ts'
import { describeError } from './messages.ts'
import { actorSchema, type Build } from './release.ts'
import { slotSchema } from './slot.ts'
import { utc } from './utc.ts'

/** A build that no visitor is to be routed to any more, by whom, since when and why. Its deployment id is what it is known by. */
export const barSchema = z.object({
  deploymentId: z.string(),
  version: z.string(),
  reason: z.string().nullable(),
  actor: actorSchema,
  /** ISO 8601, UTC. */
  at: z.string(),
})

export type Bar = z.infer<typeof barSchema>

/** What became of a build that was to be barred, or to be so no more. */
export const barOutcomeSchema = z.object({
  deploymentId: z.string(),
  version: z.string(),
  /** Null once the build may be used. */
  bar: barSchema.nullable(),
  /** False where it was so before. */
  isChange: z.boolean(),
  /** The slot that holds the build, if one does, and whether requests may reach it there. */
  slot: slotSchema.nullable(),
  isInReach: z.boolean(),
  /** The version that visitors get. */
  live: z.string().nullable(),
  /** How long nginx took to confirm; null where the build runs in no slot. */
  tookMs: z.number().nullable(),
  /** How many sessions of operators were ended with it; absent where that was not asked for. */
  sessionsEnded: z.number().int().nonnegative().optional(),
})

export type BarOutcome = z.infer<typeof barOutcomeSchema>

type Identified = Pick<Build, 'deploymentId'>

/** The bar on `build`, or null. */
export function barOn(bars: readonly Bar[], build: Identified | null | undefined): Bar | null {
  return bars.find(({ deploymentId }) => deploymentId === build?.deploymentId) ?? null
}

/** Throws `build-barred`. */
export function mustNotBeBarred(bars: readonly Bar[], build: Identified): void {
  const bar = barOn(bars, build)
  if (bar !== null) throw barredError(bar)
}

/** `1.4.0 (b7-1a2b3c4) is barred by ada since 2026-03-01 10:00:04 UTC: CVE-2026-1234.` */
export function barWords(bar: Bar): string {
  return describeError(barredError(bar), '').what
}

/** Why `build` can't be barred while visitors get `live`, or null. */
export function barRefusal(
  build: Pick<Build, 'deploymentId' | 'version'>,
  live: Identified | null,
): ReleaseError | null {
  const { deploymentId, version } = build
  if (deploymentId === null) return new ReleaseError('build-nameless', { version })
  return deploymentId === live?.deploymentId
    ? new ReleaseError('build-live', { version, build: deploymentId })
    : null
}

/** An outcome for people. An open stream is not ended: the slot is, when it is reused or stopped. */
export function outcomeWords(outcome: BarOutcome): string {
  const { sessionsEnded } = outcome
  if (sessionsEnded === undefined) return factsOf(outcome)
  return `${factsOf(outcome)} All operators sign in anew: ${sessionsEnded === 1 ? 'one session has' : `${sessionsEnded} sessions have`} ended.`
}

function factsOf(outcome: BarOutcome): string {
  const { version, bar, isChange, slot, isInReach, live } = outcome
  if (bar !== null) {
    const fact = isChange ? `${version} is barred.` : `${barWords(bar)} Nothing has changed.`
    return slot === null
      ? `${fact} It runs in no slot; it can not be deployed until it is unbarred.`
      : `${fact} Its open tabs get ${live ?? 'the live build'} at their next request; a stream that is open goes on until ${slot} is reused or stopped.`
  }
  if (!isChange) return `${version} is not barred. Nothing has changed.`
  if (slot === null) return `${version} may be deployed again.`
  return isInReach
    ? `${version} may be used again: ${slot} stands by, and tabs that still run ${version} are back there.`
    : `${version} may be used again, but ${slot} does not answer as it should, so its tabs still get ${live ?? 'the live build'}.`
}

function barredError({ version, deploymentId, actor, at, reason }: Bar): ReleaseError {
  return new ReleaseError('build-barred', {
    ...{ version, build: deploymentId, who: actor.name, since: utc(at) },
    ...(reason === null ? {} : { reason: reason.replace(/\.$/, '') }),
  })
}
