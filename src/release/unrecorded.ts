import { wordsOf } from './messages.ts'
import type { Journal, LogSink } from './ports.ts'
import type { Release } from './release.ts'
import { type Parts, recordLive } from './steps.ts'

const LOOK_BACK = 50

const WRITTEN_SINCE =
  'state/deployment_state.env could not be written at first; the director has written it since.'

const NOT_WRITTEN = 'The traffic has moved, but state/deployment_state.env could not be written'

/** Whether a live release is not written down yet, because that failed or because a director was killed before it. */
export function isUnrecorded({ state, steps }: Release): boolean {
  return state === 'live' && steps.some((step) => step.state === 'running' || isFailedRecord(step))
}

/**
 * Writes down what is live as the journal knows it, which ends each release that was left unwritten: also one from which
 * `./rollback.sh` took the traffic while no director ran. Safe to run at any time under the lock.
 * A file that can't be written is told, and is no reason to stop: visitors have what they should.
 */
export async function recordNewest(parts: Parts, log: (id: number, text: string) => void): Promise<void> {
  const live = parts.journal.newestLive()
  if (!live) return
  const older = unwritten(parts.journal).filter(({ id }) => id !== live.id)
  try {
    await recordLive(parts, live)
  } catch (cause) {
    leaveUnrecorded(parts.journal, live, cause, (text) => log(live.id, text))
    for (const release of older) endSteps(parts.journal, release, 'failed')
    return
  }
  for (const release of [...older, live]) {
    if (isToldUnwritten(release)) {
      parts.journal.append(release.id, { type: 'recovered', sentence: WRITTEN_SINCE })
      log(release.id, WRITTEN_SINCE)
    }
    if (isUnrecorded(release)) endSteps(parts.journal, release, 'done')
  }
}

/** Those of a time that a director may have left behind it; what is older was looked at by one before. */
function unwritten(journal: Pick<Journal, 'list'>): Release[] {
  return journal.list({ before: null, limit: LOOK_BACK }).filter(isUnrecorded)
}

/** Ends a live release that could not be written down: its step has failed, and what that means stands where people look. */
export function leaveUnrecorded(journal: Journal, release: Release, cause: unknown, log: LogSink): Release {
  if (isToldUnwritten(release)) return release
  const sentence = `${NOT_WRITTEN}: ${wordsOf(cause)}. It may name former builds, which a plain \`docker compose up\` would start. Mend the cause; the director tries again every few seconds.`
  log(sentence)
  journal.append(release.id, { type: 'recovered', sentence })
  return endSteps(journal, release, 'failed')
}

/** Those who follow a release are let go when none of its steps runs any more. */
function endSteps(journal: Journal, release: Release, outcome: 'done' | 'failed'): Release {
  return release.steps
    .filter((step) => step.state === 'running' || step.name === 'record')
    .reduce(
      (_, { name }) => journal.append(release.id, { type: 'step-ended', name, outcome, detail: null }),
      release,
    )
}

/** A move that `./rollback.sh` made has no steps. */
function isToldUnwritten({ steps, recovery }: Release): boolean {
  return steps.some(isFailedRecord) || recovery?.startsWith(NOT_WRITTEN) === true
}

const isFailedRecord = ({ name, state }: Release['steps'][number]): boolean =>
  name === 'record' && state === 'failed'
