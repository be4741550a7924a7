import type { Release } from '../release/release.ts'
import { EXIT, type ExitCode, exitCodeOfRelease } from './exit-codes.ts'
import { followRelease } from './follow.ts'
import { releaseProgress } from './progress.ts'
import { showRefusal } from './refusal.ts'
import { successLine } from './release-lines.ts'
import { harmless } from './screen.ts'
import type { Session } from './session.ts'

const FROZEN = 'Deploys by machines are frozen from now on, until somebody lifts that: switchyard unfreeze'

/** Shows a release from its acceptance to its end, and answers with the exit code of how it ended. */
export async function watchRelease(session: Session, accepted: Release): Promise<ExitCode> {
  const { screen, isJson } = session
  const progress = isJson ? null : releaseProgress(screen, accepted)
  let ended: Release | null = null
  try {
    for await (const event of followRelease(session, accepted.id)) {
      progress?.show(event)
      if (event.event === 'end') ended = event.data
    }
  } finally {
    progress?.close()
  }
  if (ended === null) return detached(session, accepted.id)
  const exitCode = showEnd(session, ended)
  if (ended.verb === 'rollback' && ended.state === 'live' && !isJson) screen.line(FROZEN)
  return exitCode
}

/** How a release ended, in words or as JSON. */
export function showEnd({ screen, isJson }: Session, release: Release): ExitCode {
  if (isJson) screen.json({ release })
  else {
    screen.line()
    if (release.recovery !== null) screen.line(harmless(release.recovery))
    if (release.error === null) screen.line(screen.paint('green', successLine(release, Date.now())))
    else showRefusal(screen, release.error)
  }
  return exitCodeOfRelease(release)
}

function detached({ screen, isJson }: Session, id: number): ExitCode {
  if (isJson) screen.json({ detached: true, release: { id } })
  else {
    screen.line()
    screen.line(`Release ${id} goes on without you.`)
    screen.line(`Follow it: switchyard logs ${id} --follow`)
    screen.line('Abort it:  switchyard abort')
  }
  return EXIT.detached
}
