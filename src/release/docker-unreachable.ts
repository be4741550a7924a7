import { ReleaseError } from './errors.ts'

/** `docker-unreachable` in words where `cause` is a connection that failed, else null. */
export function dockerUnreachable(cause: unknown): ReleaseError | null {
  if (!(cause instanceof Error) || !('code' in cause)) return null
  const reason = CONNECTION_PROBLEMS[String(cause.code)]
  if (reason === undefined) return null
  const socket = 'address' in cause && typeof cause.address === 'string' ? cause.address : 'its socket'
  return unreachable(reason(socket), cause)
}

/** `docker-unreachable` for a daemon that took longer than `deadlineMs` to answer. */
export function dockerSilent(deadlineMs: number, cause: unknown): ReleaseError {
  return unreachable(`no answer within ${deadlineMs / 1_000} seconds`, cause)
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
