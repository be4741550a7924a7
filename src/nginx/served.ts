import { ReleaseError } from '../release/errors.ts'
import type { RoutingState } from '../release/ports.ts'
import { type FreshAnswer, freshRequest, NoAnswer } from './fresh-request.ts'
import { routingStateSchema } from './generation.ts'

const ANSWER_WITHIN_MS = 2_000

/**
 * The generation that nginx serves, read through the very symlink that it routes by; null when there is none yet.
 * Throws `nginx-unreachable` (facts: `reason`, and `contact`: `taken` where nginx took the connection and said nothing in time).
 */
export async function servedState(
  internalUrl: URL,
  signal: AbortSignal,
  withinMs = ANSWER_WITHIN_MS,
): Promise<RoutingState | null> {
  const answer = await ask(new URL('/state', internalUrl), withinMs, signal)
  if (answer.httpStatus === 404) return null
  if (answer.httpStatus === 403) throw unreachable('its internal port refuses this address')
  if (answer.httpStatus !== 200) throw unreachable(`its internal port answers ${answer.httpStatus}`)
  return parseState(answer.body)
}

function parseState(body: string): RoutingState {
  try {
    return routingStateSchema.parse(JSON.parse(body))
  } catch (cause) {
    throw unreachable('its internal port answers with something else than a routing state', cause)
  }
}

async function ask(url: URL, withinMs: number, signal: AbortSignal): Promise<FreshAnswer> {
  try {
    return await freshRequest(url, withinMs, signal)
  } catch (cause) {
    signal.throwIfAborted()
    const contact = cause instanceof NoAnswer && cause.isTaken ? 'taken' : 'none'
    const reason = cause instanceof Error ? cause.message : 'no answer'
    throw new ReleaseError('nginx-unreachable', { reason, contact }, { cause })
  }
}

function unreachable(reason: string, cause?: unknown): ReleaseError {
  return new ReleaseError('nginx-unreachable', { reason }, { cause })
}
