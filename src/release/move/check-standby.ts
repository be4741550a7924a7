import { ReleaseError } from '../errors.ts'
import { isFailOver } from '../freeze.ts'
import type { Release } from '../release.ts'
import type { StepContext } from '../steps.ts'
import { lookAt } from './look-at.ts'

const PROBES = 3
/** A slot that shares a tenth of a core with another took 2.9 s; a standby that hangs keeps a rollback for twice that. */
const ANSWER_WITHIN_MS = 5_000
/** One silence may be the load of a bad moment. */
const SILENCES = 2

/**
 * A standby has been healthy before; a rollback is for bad moments, so three good answers must do, however slow. One that
 * is ill or gone is refused, and one that is silent unless the live slot is silent too: then it is no worse there, and a person
 * asked for it. A fail-over is nobody's wish, and needs an answer.
 */
export async function checkStandby(
  { parts, signal }: Pick<StepContext, 'parts' | 'signal'>,
  release: Release,
  expected: number,
  probes = PROBES,
): Promise<string> {
  const { slot } = release
  let answers = 0
  let silences = 0
  let latencyMs = 0
  while (answers < probes && silences < SILENCES) {
    const sight = await lookAt(parts.health, slot, expected, ANSWER_WITHIN_MS, signal)
    if (sight.kind === 'well') {
      answers += 1
      latencyMs = sight.latencyMs
    } else if (sight.kind === 'silent') silences += 1
    else throw new ReleaseError('standby-unhealthy', { reason: sight.reason })
  }
  const words = `${answers} of ${probes} healthy, answers in ${Math.round(latencyMs)} ms`
  if (answers === probes) return words
  if (answers > 0) return `${words}; it was silent for ${ANSWER_WITHIN_MS / 1_000} s ${silences} times`
  return neitherAnswers(parts, release, signal)
}

/** Throws `standby-unhealthy` where the live slot answers. */
async function neitherAnswers(
  { health, journal }: StepContext['parts'],
  release: Release,
  signal: AbortSignal,
): Promise<string> {
  const { slot, from } = release
  const silence = `${slot} does not answer within ${ANSWER_WITHIN_MS / 1_000} s`
  const holder = from && journal.holderOf(from)
  if (!from || !holder || isFailOver(release))
    throw new ReleaseError('standby-unhealthy', { reason: silence })
  for (let looks = 0; looks < SILENCES; looks++) {
    const { kind } = await lookAt(health, from, holder.id, ANSWER_WITHIN_MS, signal)
    if (kind !== 'silent' && kind !== 'gone')
      throw new ReleaseError('standby-unhealthy', { reason: `${silence}, and ${from} does` })
  }
  return `${silence}, and neither does ${from}: visitors lose nothing by the move`
}
