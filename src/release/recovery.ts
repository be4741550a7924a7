import { setTimeout as delay } from 'node:timers/promises'
import { ReleaseError } from './errors.ts'
import { isOperational } from './operational.ts'
import type { LogSink, RoutingState } from './ports.ts'
import type { Release, StepRecord } from './release.ts'
import type { Slot } from './slot.ts'
import type { StepName } from './step-names.ts'
import { type Parts, startedBy } from './steps.ts'
import { unconfirmedBecause } from './through-nginx.ts'
import { movedTo, undoneError, undoRelease } from './undo.ts'

const PROBE_DEADLINE_MS = 1_000
const PROBE_PAUSE_MS = 500
/** How often the new slot may fail to answer while the other one does. */
const PROBE_TRIES = 10

/**
 * Settles a release that a killed director left under way, or that could not be undone, under the lock: backward where the
 * symlink had not moved, forward where it had and the new slot is healthy. Can itself be killed anywhere and run again.
 * Throws what keeps the routing from being read or written; the release is then under way as before.
 */
export async function recover(parts: Parts, release: Release, log: LogSink): Promise<Release> {
  const routing = await parts.traffic.read()
  const slot = movedTo(release, routing)
  if (slot === null) return goBack(parts, release, log, beforeOrBack(release, routing))
  return (await answersWell(parts, release, slot))
    ? goForward(parts, release, slot, log)
    : goBack(parts, release, log, `after the traffic had moved, and ${slot} is not healthy`)
}

/** Past the commit point it can't be told whether the traffic had not moved yet, or had and is back. */
function beforeOrBack({ state }: Release, routing: RoutingState | null): string {
  return state === 'preparing'
    ? 'before the traffic moved'
    : `after the switch had begun, and ${routing?.live ?? 'no slot'} is live`
}

/** The steps end as what recovery saw of them; `record` stays to `recordNewest`. */
async function goForward(parts: Parts, release: Release, slot: Slot, log: LogSink): Promise<Release> {
  const end = (name: StepName, outcome: 'done' | 'failed', detail: string): void => {
    const isEnded = parts.journal
      .get(release.id)
      ?.steps.some((step) => step.name === name && step.state === 'done')
    if (!isEnded) parts.journal.append(release.id, { type: 'step-ended', name, outcome, detail })
  }
  end('switch', 'done', 'found on disk')
  const reason = await unconfirmedBecause(parts, slot, startedBy(parts.journal, release))
  const confirmation = reason === null ? 'nginx confirms it.' : `nginx could not confirm it yet: ${reason}.`
  end('confirm', reason === null ? 'done' : 'failed', confirmation)
  const found = `found ${slot} healthy and finished the release. ${confirmation}`
  const sentence = `${beginning(release, 'after the traffic had moved')} ${found}`
  log(sentence)
  parts.journal.append(release.id, { type: 'step-started', name: 'record' })
  parts.journal.append(release.id, { type: 'recovered', sentence })
  return parts.journal.append(release.id, { type: 'live' })
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
  log(sentence)
  parts.journal.append(release.id, { type: 'recovered', sentence })
  const failed = failedStep(release)
  const error = new ReleaseError(
    'interrupted',
    failed ? { sentence: `The release stopped at "${failed.label}".` } : { reason: when },
  )
  return parts.journal.append(release.id, {
    type: 'aborted',
    error: undoneError(error, parts.journal, undone),
  })
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

/**
 * The slot may itself be starting again, so one refusal proves nothing. The other slot is the yardstick: after a power cut
 * neither answers for a while, and to go back would help nobody. At most for as long as a candidate may take.
 */
async function answersWell(parts: Parts, release: Release, slot: Slot): Promise<boolean> {
  const { health, journal, settings } = parts
  const soon = (): AbortSignal => AbortSignal.timeout(PROBE_DEADLINE_MS)
  const expected = startedBy(journal, release)
  const { from } = release
  const former = from && journal.holderOf(from)
  const untilMs = performance.now() + settings.healthDeadlineMs
  let tries = 0
  while (tries < PROBE_TRIES && performance.now() < untilMs) {
    if (await isOperational(health, slot, expected, soon())) return true
    if (from && former && (await isOperational(health, from, former.id, soon()))) tries++
    await delay(PROBE_PAUSE_MS)
  }
  return false
}
