import { ReleaseError } from './errors.ts'
import { goForward, howItStands } from './forward.ts'
import type { LogSink, RoutingState } from './ports.ts'
import type { Release, StepRecord } from './release.ts'
import type { Parts } from './steps.ts'
import { movedTo, undoneError, undoRelease } from './undo.ts'

export type RecoverOptions = {
  /** Whether the director that left the release under way is this very one: it could not write, and was not stopped. */
  isOwn?: boolean
}

/**
 * Settles a release that a killed director left under way, or that could not be undone, under the lock: backward where the
 * symlink had not moved, forward where it had and the other slot is no better. Can itself be killed anywhere and run again.
 * Throws what keeps the routing from being read or written; the release is then under way as before.
 */
export async function recover(
  parts: Parts,
  found: Release,
  log: LogSink,
  { isOwn = false }: RecoverOptions = {},
): Promise<Release> {
  const routing = await parts.traffic.read()
  const release = asBegun(parts, found, routing)
  const slot = movedTo(release, routing)
  const cut: Cut = { release, isOwn }
  if (slot === null) return goBack(parts, cut, log, beforeOrBack(release, routing))
  const standing = await howItStands(parts, release, slot)
  if (standing === 'worse' && !isRecord(release))
    return goBack(parts, cut, log, `after the traffic had moved, and ${slot} is not healthy`)
  const seen =
    standing === 'well'
      ? `found ${slot} healthy and finished the release.`
      : `found neither slot to say that it is well, left visitors at ${slot} and finished the release. Look at the load of this machine and at the logs of both.`
  const sentence = `${beginning(cut, 'after the traffic had moved')} ${seen}`
  return goForward(parts, release, slot, sentence, log, standing === 'worse' ? 'no worse' : standing)
}

type Cut = { release: Release; isOwn: boolean }

/** A release without steps did nothing: it writes down where the traffic was found, and there is nothing of it to be undone. */
const isRecord = ({ steps }: Release): boolean => steps.length === 0

/** A record that was cut off before it said so has moved the traffic all the same. Without its build it says too little. */
function asBegun({ journal }: Parts, release: Release, routing: RoutingState | null): Release {
  if (release.state !== 'preparing' || !isRecord(release) || release.build === null) return release
  const isMoved = movedTo({ ...release, state: 'switching' }, routing) !== null
  return isMoved ? journal.append(release.id, { type: 'switching' }) : release
}

/** Past the commit point it can't be told whether the traffic had not moved yet, or had and is back. */
function beforeOrBack({ state }: Release, routing: RoutingState | null): string {
  return state === 'preparing'
    ? 'before the traffic moved'
    : `after the switch had begun, and ${routing?.live ?? 'no slot'} is live`
}

async function goBack(parts: Parts, cut: Cut, log: LogSink, when: string): Promise<Release> {
  const { release } = cut
  const undone = await undoRelease(parts, release, log)
  const { doubt, loss } = undone
  const left = [doubt, loss].filter((sentence) => sentence !== null)
  const outcome =
    left.length === 0
      ? 'aborted the release and put everything back.'
      : `aborted the release. ${left.join(' ')}`
  const sentence = `${beginning(cut, when)} ${outcome}`
  parts.journal.append(release.id, { type: 'recovered', sentence })
  const ended = parts.journal.append(release.id, {
    type: 'aborted',
    error: undoneError(errorOf(cut, when), parts.journal, undone),
  })
  // Not before it is written: what can't be is tried every few seconds.
  log(sentence)
  return ended
}

function errorOf({ release, isOwn }: Cut, when: string): ReleaseError {
  const failed = stoppedAt(release)
  if (failed) {
    const sentence = `The release stopped at "${failed.label}"; its log says why.`
    return new ReleaseError('interrupted', { sentence })
  }
  return new ReleaseError(
    'interrupted',
    isOwn ? { sentence: `The release could not go on ${when}.` } : { reason: when },
  )
}

/** A killed director leaves a step that runs. One that could not write the way back left a step that failed, if it could write that. */
function beginning({ release, isOwn }: Cut, when: string): string {
  const failed = stoppedAt(release)
  if (failed) return `The release had stopped at "${failed.label}" and was not undone at once; the director`
  return isOwn
    ? `The release could not go on ${when}. It was not undone at once; the director`
    : `The director was stopped ${when}; it`
}

/** One that failed and says what was seen had let the release go on, as a move that nginx was too late to confirm. */
function stoppedAt({ steps }: Release): StepRecord | undefined {
  return steps.find(({ state, detail }) => state === 'failed' && detail === null)
}
