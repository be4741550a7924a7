import { z } from 'zod'
import { ReleaseError } from './errors.ts'
import { describeError } from './messages.ts'
import { type Actor, actorSchema, type Release } from './release.ts'
import { utc } from './utc.ts'

/** Why deploys by machines are refused, by whom and since when. */
export const freezeSchema = z.object({
  cause: z.enum(['manual', 'rollback', 'fail-over']),
  reason: z.string().nullable(),
  actor: actorSchema,
  /** ISO 8601, UTC. It tells this freeze from any other. */
  at: z.string(),
  /** The release that brought it about; null for a manual one. */
  release: z.number().int().nullable(),
})

export type Freeze = z.infer<typeof freezeSchema>

/** The newest freeze that nobody has lifted, and those of other causes that it came on top of. One lift ends them all. */
export const frozenSchema = freezeSchema.extend({ earlier: z.array(freezeSchema).default([]) })

export type Frozen = z.infer<typeof frozenSchema>

/** What became of a freeze that was asked for, or of a lift. */
export const freezeOutcomeSchema = z.object({
  freeze: frozenSchema.nullable(),
  /** False where there was nothing to lift. */
  isChange: z.boolean(),
  /** The release under way, which no freeze stops. */
  running: z.number().int().nullable(),
})

export type FreezeOutcome = z.infer<typeof freezeOutcomeSchema>

type Moved = Pick<Release, 'id' | 'verb' | 'actor' | 'note'>

/** Whether the director moved the traffic by itself, since the live slot was down. */
export function isFailOver({ verb, actor }: Pick<Release, 'verb' | 'actor'>): boolean {
  return verb === 'rollback' && actor.kind === 'director'
}

/** The freeze that comes with `release` going live at `at`, or null: after a way back nothing goes forward by itself. */
export function freezeBy(release: Moved, at: string): Freeze | null {
  const { id, verb, actor, note } = release
  if (verb !== 'rollback') return null
  return { cause: isFailOver(release) ? 'fail-over' : 'rollback', reason: note, actor, at, release: id }
}

/** Of `freezes`, newest first and all since the last lift, what holds: the newest of each cause. */
export function frozenBy(freezes: readonly Freeze[]): Frozen | null {
  const [newest, ...earlier] = freezes.filter(
    ({ cause }, index) => freezes.findIndex((other) => other.cause === cause) === index,
  )
  return newest ? { ...newest, earlier } : null
}

/** Whether `cause` is among what holds. */
export function isFrozenBy(frozen: Frozen | null, cause: Freeze['cause']): boolean {
  return frozen !== null && [frozen, ...frozen.earlier].some((freeze) => freeze.cause === cause)
}

/** Who asks for a deploy. `despiteFreeze`: the `at` of the freeze that they were shown and deploy in spite of. */
export type Asker = { actor: Actor; despiteFreeze?: string | undefined }

/** An operator's session is a person's. On the host it is one who names the freeze; anything else there is a machine. */
export function isRefusedBy(frozen: Frozen | null, { actor, despiteFreeze }: Asker): frozen is Frozen {
  return frozen !== null && actor.kind !== 'operator' && despiteFreeze !== frozen.at
}

/** Throws `frozen` for a machine. */
export function mustNotBeFrozen(frozen: Frozen | null, asker: Asker): void {
  if (isRefusedBy(frozen, asker)) throw frozenError(frozen)
}

/** `Deploys by machines are frozen since 2026-03-01 10:00:04 UTC, when ada rolled back (release 12): The cart is empty.` */
export function freezeWords(freeze: Freeze): string {
  return describeError(frozenError(freeze), '').what
}

/** What an earlier freeze adds to the newest one: `ada froze them at 2026-03-01 10:00:04 UTC: Christmas.` */
export function earlierWords(freeze: Freeze): string {
  const { at, reason } = freeze
  return `Before that, ${freezeDeed(freeze)} at ${utc(at)}${reasonWords(reason)}.`
}

const DEEDS: Readonly<Record<Freeze['cause'], string>> = {
  manual: 'froze them',
  rollback: 'rolled back',
  'fail-over': 'moved the traffic by itself',
}

/** Who did what that froze deploys: `ada rolled back`. */
export function freezeDeed({ actor, cause }: Freeze): string {
  return `${whoWords(actor)} ${DEEDS[cause]}`
}

/** An outcome for people. */
export function freezeOutcomeWords({ freeze, isChange, running }: FreezeOutcome): string {
  const going = running === null ? '' : ` Release ${running} is under way and goes on.`
  if (freeze !== null)
    return `Deploys by machines are refused from now on, until somebody lifts the freeze.${going}`
  return isChange
    ? 'The freeze is lifted: machines may deploy again.'
    : 'Deploys were not frozen. Nothing has changed.'
}

function frozenError({ cause, reason, actor, at, release }: Freeze): ReleaseError {
  const who = whoWords(actor)
  const how = {
    manual: `by ${who} since ${utc(at)}`,
    rollback: `since ${utc(at)}, when ${who} rolled back (release ${release})`,
    'fail-over': `since ${utc(at)}, when the director moved the traffic by itself (release ${release})`,
  }[cause]
  return new ReleaseError('frozen', { how: `${how}${reasonWords(reason)}` })
}

/** For people: what the director does by itself goes by no name of theirs. */
export const whoWords = ({ kind, name }: Actor): string => (kind === 'director' ? 'the director' : name)

const reasonWords = (reason: string | null): string =>
  reason === null ? '' : `: ${reason.replace(/\.$/, '')}`
