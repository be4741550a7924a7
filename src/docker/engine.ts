import { dockerSilent, dockerUnreachable } from '../release/docker-unreachable.ts'
import { ReleaseError, reasonOf } from '../release/errors.ts'
import { within } from '../release/within.ts'
import { throwIfAborted } from './command.ts'

const ANSWER_DEADLINE_MS = 10_000

/**
 * Asks Docker's API one thing, with a deadline on top of `signal`.
 * Throws `aborted`, `docker-unreachable` (facts: `reason`), or what Docker answered (`statusCodeOf` tells its status).
 */
export async function ask<T>(
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
  deadlineMs = ANSWER_DEADLINE_MS,
): Promise<T> {
  throwIfAborted(signal)
  try {
    return await within(signal, deadlineMs, call, (cause) => dockerSilent(deadlineMs, cause))
  } catch (cause) {
    throwIfAborted(signal)
    throw dockerUnreachable(cause) ?? cause
  }
}

/** The HTTP status with which Docker refused, or null where it was not Docker that did. */
export function statusCodeOf(cause: unknown): number | null {
  if (!(cause instanceof Error) || !('statusCode' in cause)) return null
  return typeof cause.statusCode === 'number' ? cause.statusCode : null
}

/** Docker's own words, without the frame that the client puts round them. */
export function dockerWords(cause: unknown): string {
  return reasonOf(cause)
    .replace(/^\(HTTP code \d+\) [^-]*- /, '')
    .trim()
}

/** `docker-unreachable` where the lines of a docker command say so, else null. */
export function unreachableByLines(lines: readonly string[]): ReleaseError | null {
  const found = lines.slice(-5).find((line) => UNREACHABLE_LINE.test(line))
  return found === undefined
    ? null
    : new ReleaseError('docker-unreachable', { reason: found.replace(/\.$/, '') })
}

const UNREACHABLE_LINE =
  /^(error: )*(cannot connect to the docker daemon|permission denied while trying to connect|error during connect)/i
