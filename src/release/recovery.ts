import { setTimeout as delay } from 'node:timers/promises'
import { ReleaseError, reasonOf } from './errors.ts'
import { liveSentence } from './live-sentence.ts'
import { describeError } from './messages.ts'
import type { LogSink } from './ports.ts'
import type { Release } from './release.ts'
import { type Parts, recordLive, startedBy } from './steps.ts'
import { moveBack, restoreSlot } from './undo.ts'

const PROBE_DEADLINE_MS = 1_000
const PROBE_PAUSE_MS = 500
const PROBE_TRIES = 10

/**
 * Settles what a killed director left behind, under the lock and before anything else: backward where the symlink
 * had not moved, forward where it had and the new slot is healthy. Can itself be killed anywhere and run again.
 */
export async function recover(parts: Parts, logOf: (id: number) => LogSink): Promise<Release[]> {
  const settled: Release[] = []
  for (const release of parts.journal.unfinished())
    settled.push(await settleOne(parts, release, logOf(release.id)))
  const live = parts.journal.newestLive()
  if (live) await recordLive(parts, live)
  return settled
}

async function settleOne(parts: Parts, release: Release, log: LogSink): Promise<Release> {
  const routing = await parts.traffic.read()
  const hasMoved =
    release.state === 'switching' && routing?.release === release.id && routing.live === release.slot
  if (!hasMoved) return goBack(parts, release, log, 'before the traffic moved')
  return (await answersWell(parts, release))
    ? goForward(parts, release, log)
    : goBack(parts, release, log, 'and its slot is not healthy')
}

async function goForward(parts: Parts, release: Release, log: LogSink): Promise<Release> {
  const confirmation = await throughNginx(parts, release)
  parts.journal.append(release.id, { type: 'live' })
  const sentence = `The director was stopped after the traffic had moved; it found ${release.slot} healthy and finished the release. ${confirmation}`
  log(sentence)
  return parts.journal.append(release.id, { type: 'recovered', sentence })
}

async function goBack(parts: Parts, release: Release, log: LogSink, reason: string): Promise<Release> {
  await moveBack(parts, release.id, log)
  await restoreSlot(parts, release.id, log)
  const error = describeError(new ReleaseError('interrupted', { reason }), liveSentence(parts.journal))
  parts.journal.append(release.id, { type: 'aborted', error })
  const sentence = `The director was stopped ${reason}; it aborted the release and put everything back.`
  log(sentence)
  return parts.journal.append(release.id, { type: 'recovered', sentence })
}

/** The slot may itself be starting again, so one refusal proves nothing. */
async function answersWell(parts: Parts, release: Release): Promise<boolean> {
  const expected = startedBy(parts.journal, release)
  for (let tries = 0; tries < PROBE_TRIES; tries++) {
    const signal = AbortSignal.timeout(PROBE_DEADLINE_MS)
    const seen = await parts.health.probe(release.slot, signal).catch(() => null)
    if (seen?.payload.status === 'operational' && seen.payload.release === expected) return true
    await delay(PROBE_PAUSE_MS)
  }
  return false
}

/** nginx may be starting too; what is on disk is what it will serve, so its silence does not turn a release back. */
async function throughNginx(parts: Parts, release: Release): Promise<string> {
  try {
    const routing = await parts.traffic.read()
    const expected = {
      generation: routing?.generation ?? 0,
      slot: release.slot,
      release: startedBy(parts.journal, release),
    }
    await parts.traffic.confirm(expected, AbortSignal.timeout(parts.settings.moveDeadlineMs))
    return 'nginx confirms it.'
  } catch (cause) {
    return `nginx could not confirm it yet: ${reasonOf(cause)}.`
  }
}
