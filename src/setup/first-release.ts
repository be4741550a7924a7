import { EXIT } from '../cli/exit-codes.ts'
import type { Session } from '../cli/session.ts'
import { watchRelease } from '../cli/watch-release.ts'
import { acceptedSchema, type SystemStatus, systemStatusSchema } from '../director/protocol.ts'
import type { DeployRequest } from '../release/release.ts'
import { SetupFailure } from './failure.ts'

/** What is put in front of visitors first; `version` is null where nobody gave it one. */
export type First = { source: DeployRequest['source']; version: string | null }

/**
 * Puts `source` in front of visitors when no release ever went live, and follows that release to its end. Where one did and
 * nobody is served, the routing is the director's to mend: a first release would take both slots from their builds.
 * One that is under way already is followed instead. Answers false where it was left to go on alone (Ctrl-C).
 * Throws `SetupFailure` when it does not end well.
 */
export async function ensureFirstRelease(
  session: Session,
  status: SystemStatus,
  { source, version }: First,
): Promise<boolean> {
  if (status.routing.live !== null || status.liveRelease !== null) return true
  session.screen.line('')
  const release = status.running ?? (await begin(session, { source, version }))
  const exitCode = await watchRelease(session, release)
  if (exitCode === EXIT.done) return true
  if (exitCode === EXIT.detached) return false
  throw new SetupFailure(
    'The system runs, but its first release did not succeed, so the site answers 503.',
    'Mend what is named above, then run `npm run up` again.',
  )
}

/**
 * Follows a first release that an earlier set-up began and left to go on alone. Answers `none` where it is something else
 * that is under way, `detached` where this one is left as well. Throws `SetupFailure` when it does not end well.
 */
export async function followFirstRelease(
  session: Session,
  first: First,
): Promise<'none' | 'ended' | 'detached'> {
  const status = await session.get(systemStatusSchema, '/v1/status').catch(() => null)
  if (status === null || status.running === null) return 'none'
  if (status.routing.live !== null || status.liveRelease !== null) return 'none'
  return (await ensureFirstRelease(session, status, first)) ? 'ended' : 'detached'
}

async function begin(session: Session, { source, version }: First) {
  const body = { source, label: version, note: 'First release' }
  return (await session.post(acceptedSchema, '/v1/deploy', body)).release
}
