import { z } from 'zod'
import { knownBuild } from './known-build.ts'
import { type Actor, actorSchema } from './release.ts'
import type { Parts } from './steps.ts'
import { utc } from './utc.ts'

/** A build that is never pruned until its mark is taken off: by whom, since when and why. */
export const keepMarkSchema = z.object({
  deploymentId: z.string(),
  version: z.string(),
  reason: z.string().nullable(),
  actor: actorSchema,
  /** ISO 8601, UTC. */
  at: z.string(),
})

export type KeepMark = z.infer<typeof keepMarkSchema>

/** What became of a build that was to be kept, or to be so no more. */
export const keepOutcomeSchema = z.object({
  deploymentId: z.string(),
  version: z.string(),
  /** Null once it may go. */
  mark: keepMarkSchema.nullable(),
  /** False where it was so before. */
  isChange: z.boolean(),
})

export type KeepOutcome = z.infer<typeof keepOutcomeSchema>

/** Marks a build, for good. May run twice. The caller holds the lock. Throws `build-unknown`. */
export function keepBuild(
  parts: Pick<Parts, 'journal' | 'keepMarks'>,
  { build: id, reason }: { build: string; reason: string | null },
  actor: Actor,
): KeepOutcome {
  const { deploymentId, version } = knownBuild(parts, id)
  const former = markOn(parts, deploymentId)
  const mark = former ?? parts.keepMarks.keep({ deploymentId, version }, reason, actor)
  return { deploymentId, version, mark, isChange: former === null }
}

/** Takes the mark off a build again. Throws `build-unknown`. */
export function unkeepBuild(
  parts: Pick<Parts, 'journal' | 'keepMarks'>,
  { build: id }: { build: string },
  actor: Actor,
): KeepOutcome {
  const { deploymentId, version } = knownBuild(parts, id)
  const isChange = markOn(parts, deploymentId) !== null
  if (isChange) parts.keepMarks.unkeep(deploymentId, actor)
  return { deploymentId, version, mark: null, isChange }
}

/** `ada keeps it since 2026-03-01 10:00:04 UTC: the last one before the new checkout.` */
export function markWords({ actor, at, reason }: KeepMark): string {
  return `${actor.name} keeps it since ${utc(at)}${reason === null ? '' : `: ${reason.replace(/\.$/, '')}`}.`
}

/** An outcome for people. */
export function keepWords({ version, mark, isChange }: KeepOutcome): string {
  if (mark !== null) {
    return isChange
      ? `${version} is kept: it is never pruned until \`switchyard unkeep ${mark.deploymentId}\`.`
      : `${version} is kept already: ${markWords(mark)} Nothing has changed.`
  }
  return isChange
    ? `${version} is kept no more: it goes as any other build does.`
    : `${version} has no mark. Nothing has changed.`
}

function markOn({ keepMarks }: Pick<Parts, 'keepMarks'>, deploymentId: string): KeepMark | null {
  return keepMarks.list().find((mark) => mark.deploymentId === deploymentId) ?? null
}
