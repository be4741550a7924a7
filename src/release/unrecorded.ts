import { wordsOf } from './messages.ts'
import type { Journal, LogSink } from './ports.ts'
import type { Release } from './release.ts'
import { type Parts, recordLive } from './steps.ts'

const WRITTEN_SINCE =
  'state/deployment_state.env could not be written at first; the director has written it since.'

const NOT_WRITTEN = 'The traffic has moved, but state/deployment_state.env could not be written'

/** Whether a live release is not written down yet, because that failed or because a director was killed before it. */
export function isUnrecorded({ state, steps }: Release): boolean {
  return state === 'live' && steps.some((step) => step.state === 'running' || isFailedRecord(step))
}

/**
 * Writes down what is live as the journal knows it. Safe to run at any time under the lock.
 * A file that can't be written is told, and is no reason to stop: visitors have what they should.
 */
export async function recordNewest(parts: Parts, log: (id: number, text: string) => void): Promise<void> {
  const live = parts.journal.newestLive()
  if (!live) return
  try {
    await recordLive(parts, live)
  } catch (cause) {
    leaveUnrecorded(parts.journal, live, cause, (text) => log(live.id, text))
    return
  }
  if (live.steps.some(isFailedRecord) || live.recovery?.startsWith(NOT_WRITTEN)) {
    parts.journal.append(live.id, { type: 'recovered', sentence: WRITTEN_SINCE })
    log(live.id, WRITTEN_SINCE)
  }
  if (isUnrecorded(live)) endSteps(parts.journal, live, 'done')
}

/** Ends a live release that could not be written down: its step has failed, and what that means stands where people look. */
export function leaveUnrecorded(journal: Journal, release: Release, cause: unknown, log: LogSink): Release {
  if (release.steps.some(isFailedRecord) || release.recovery?.startsWith(NOT_WRITTEN)) return release
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

const isFailedRecord = ({ name, state }: Release['steps'][number]): boolean =>
  name === 'record' && state === 'failed'
