import { ReleaseError, reasonOf } from '../release/errors.ts'
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
  const deadline = AbortSignal.timeout(deadlineMs)
  const both = AbortSignal.any([signal, deadline])
  const ended = Promise.withResolvers<never>()
  const onAbort = (): void => ended.reject(both.reason)
  both.addEventListener('abort', onAbort)
  try {
    // Some of dockerode's calls ignore an abort signal; the race makes the wait end all the same.
    return await Promise.race([call(both), ended.promise])
  } catch (cause) {
    throwIfAborted(signal)
    throw deadline.aborted
      ? unreachable(`no answer within ${deadlineMs / 1000} seconds`, cause)
      : described(cause)
  } finally {
    both.removeEventListener('abort', onAbort)
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
  return found === undefined ? null : unreachable(found.replace(/\.$/, ''), null)
}

const UNREACHABLE_LINE =
  /^(error: )*(cannot connect to the docker daemon|permission denied while trying to connect|error during connect)/i

function described(cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return cause
  const reason = CONNECTION_PROBLEMS[String(cause.code)]
  if (reason === undefined) return cause
  const socket = 'address' in cause && typeof cause.address === 'string' ? cause.address : 'its socket'
  return unreachable(reason(socket), cause)
}

const CONNECTION_PROBLEMS: Readonly<Record<string, (socket: string) => string>> = {
  ENOENT: (socket) => `there is no ${socket}`,
  EACCES: (socket) => `this process may not use ${socket}`,
  ECONNREFUSED: (socket) => `nothing answers on ${socket}`,
  ECONNRESET: (socket) => `the connection to ${socket} was cut`,
  EPIPE: (socket) => `the connection to ${socket} was cut`,
}

function unreachable(reason: string, cause: unknown): ReleaseError {
  return new ReleaseError('docker-unreachable', { reason }, { cause })
}
