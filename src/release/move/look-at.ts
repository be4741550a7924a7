import { ReleaseError, reasonOf } from '../errors.ts'
import type { Health } from '../ports.ts'
import type { Slot } from '../slot.ts'

/**
 * What one look at a slot tells. `well`: operational, with the release that it should run. `ill`: it says that it is not
 * operational. `other`: another release answers. `malformed`: what answers is no status. `silent`: it takes the connection and does
 * not answer in time, as where it hangs or the machine is starved. `gone`: nothing takes the connection. `reason` is a clause.
 */
export type Sight =
  | { kind: 'well'; latencyMs: number }
  | { kind: 'ill' | 'other' | 'malformed' | 'silent' | 'gone'; reason: string }

const GONE: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Asks `slot` once how it is with what `release` started there. Throws only the reason of `signal`. */
export async function lookAt(
  health: Pick<Health, 'probe'>,
  slot: Slot,
  release: number,
  withinMs: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<Sight> {
  try {
    const { payload, latencyMs, httpStatus } = await health.probe(slot, signal, withinMs)
    if (payload.release !== release)
      return { kind: 'other', reason: `${slot} runs release ${payload.release}, not ${release}` }
    if (payload.status !== 'operational' || httpStatus !== 200)
      return { kind: 'ill', reason: `${slot} says that it is ${payload.status}` }
    return { kind: 'well', latencyMs }
  } catch (cause) {
    signal.throwIfAborted()
    return sightOf(slot, cause, withinMs)
  }
}

function sightOf(slot: Slot, cause: unknown, withinMs: number): Sight {
  const { contact, reason } = factsOf(cause)
  if (contact === 'taken')
    return { kind: 'silent', reason: `${slot} does not answer within ${withinMs / 1_000} s` }
  if (contact === 'none') return { kind: 'gone', reason: `${slot} does not answer: ${reason}` }
  return { kind: 'malformed', reason: `${slot} does not answer as it should: ${reason}` }
}

/** `contact` is null where something answered. */
function factsOf(cause: unknown): { contact: string | null; reason: string } {
  if (cause instanceof ReleaseError) {
    const { contact = null, reason = cause.code } = cause.facts
    return { contact, reason }
  }
  const origin = cause instanceof Error ? cause.cause : null
  const isGone = origin instanceof Error && 'code' in origin && GONE.has(origin.code)
  return { contact: isGone ? 'none' : 'taken', reason: reasonOf(cause) }
}
