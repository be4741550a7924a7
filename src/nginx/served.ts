import { ReleaseError } from '../release/errors.ts'
import type { RoutingState } from '../release/ports.ts'
import { type FreshAnswer, freshRequest } from './fresh-request.ts'
import { routingStateSchema } from './generation.ts'

const ANSWER_WITHIN_MS = 2_000

/**
 * The generation that nginx serves, read through the very symlink that it routes by; null when there is none yet.
 * Throws `nginx-unreachable` (facts: `reason`).
 */
export async function servedState(internalUrl: URL, signal: AbortSignal): Promise<RoutingState | null> {
  const answer = await ask(new URL('/state', internalUrl), signal)
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

async function ask(url: URL, signal: AbortSignal): Promise<FreshAnswer> {
  try {
    return await freshRequest(url, ANSWER_WITHIN_MS, signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw unreachable(cause instanceof Error ? cause.message : 'no answer', cause)
  }
}

function unreachable(reason: string, cause?: unknown): ReleaseError {
  return new ReleaseError('nginx-unreachable', { reason }, { cause })
}
