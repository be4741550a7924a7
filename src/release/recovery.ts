import { ReleaseError } from './errors.ts'
import { goForward, howItStands } from './forward.ts'
import type { LogSink, RoutingState } from './ports.ts'
import type { Release, StepRecord } from './release.ts'
import type { Parts } from './steps.ts'
import { movedTo, undoneError, undoRelease } from './undo.ts'

/**
 * Settles a release that a killed director left under way, or that could not be undone, under the lock: backward where the
 * symlink had not moved, forward where it had and the other slot is no better. Can itself be killed anywhere and run again.
 * Throws what keeps the routing from being read or written; the release is then under way as before.
 */
export async function recover(parts: Parts, release: Release, log: LogSink): Promise<Release> {
  const routing = await parts.traffic.read()
  const slot = movedTo(release, routing)
  if (slot === null) return goBack(parts, release, log, beforeOrBack(release, routing))
  const standing = await howItStands(parts, release, slot)
  if (standing === 'worse')
    return goBack(parts, release, log, `after the traffic had moved, and ${slot} is not healthy`)
  const seen =
    standing === 'well'
      ? `found ${slot} healthy and finished the release.`
      : `found neither slot to say that it is well, left visitors at ${slot} and finished the release. Look at the load of this machine and at the logs of both.`
  const found = `${beginning(release, 'after the traffic had moved')} ${seen}`
  return goForward(parts, release, slot, found, log, standing)
}

/** Past the commit point it can't be told whether the traffic had not moved yet, or had and is back. */
function beforeOrBack({ state }: Release, routing: RoutingState | null): string {
  return state === 'preparing'
    ? 'before the traffic moved'
    : `after the switch had begun, and ${routing?.live ?? 'no slot'} is live`
}

async function goBack(parts: Parts, release: Release, log: LogSink, when: string): Promise<Release> {
  const undone = await undoRelease(parts, release, log)
  const { doubt, loss } = undone
  const left = [doubt, loss].filter((sentence) => sentence !== null)
  const outcome =
    left.length === 0
      ? 'aborted the release and put everything back.'
      : `aborted the release. ${left.join(' ')}`
  const sentence = `${beginning(release, when)} ${outcome}`
  parts.journal.append(release.id, { type: 'recovered', sentence })
  const failed = failedStep(release)
  const error = new ReleaseError(
    'interrupted',
    failed ? { sentence: `The release stopped at "${failed.label}".` } : { reason: when },
  )
  const ended = parts.journal.append(release.id, {
    type: 'aborted',
    error: undoneError(error, parts.journal, undone),
  })
  // Not before it is written: what can't be is tried every few seconds.
  log(sentence)
  return ended
}

/** A killed director leaves a step that runs. One that could not write the way back left a step that failed. */
function beginning(release: Release, when: string): string {
  const failed = failedStep(release)
  return failed
    ? `The release had stopped at "${failed.label}" and was not undone at once; the director`
    : `The director was stopped ${when}; it`
}

function failedStep({ steps }: Release): StepRecord | undefined {
  return steps.find(({ state }) => state === 'failed')
}
