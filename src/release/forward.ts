import { setTimeout as delay } from 'node:timers/promises'
import { isOperational } from './operational.ts'
import type { LogSink } from './ports.ts'
import type { Release } from './release.ts'
import type { Slot } from './slot.ts'
import type { StepName } from './step-names.ts'
import { type Parts, startedBy } from './steps.ts'
import { unconfirmedBecause } from './through-nginx.ts'
import { movedTo } from './undo.ts'

const PROBE_DEADLINE_MS = 1_000
const PROBE_PAUSE_MS = 500
/** How often the new slot may fail to answer while the other one does. */
const PROBE_TRIES = 10
/** How often the slot of before may fail to answer before visitors are kept from it. */
const FORMER_TRIES = 3

/**
 * Ends a release whose traffic is at `slot` as live. `found` is a sentence on what was found; what nginx says is put behind it.
 * The steps end as what was seen of them; `record` stays to `recordNewest`.
 */
export async function goForward(
  parts: Parts,
  release: Release,
  slot: Slot,
  found: string,
  log: LogSink,
): Promise<Release> {
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
  const sentence = `${found} ${confirmation}`
  parts.journal.append(release.id, { type: 'step-started', name: 'record' })
  parts.journal.append(release.id, { type: 'recovered', sentence })
  const live = parts.journal.append(release.id, { type: 'live' })
  // Not before it is written: what can't be is tried every few seconds.
  log(sentence)
  return live
}

/**
 * The slot that visitors are to stay at, though the release could not confirm that they are there: it is healthy, and the one
 * that they came from is not. Null where the way back is the better one.
 */
export async function slotToStayAt(parts: Parts, release: Release): Promise<Slot | null> {
  // One that can't be read keeps the way back from being written as well, which says so.
  const slot = movedTo(release, await parts.traffic.read().catch(() => null))
  const { from } = release
  const former = from && parts.journal.holderOf(from)
  if (slot === null || !from || !former) return null
  for (let tries = 0; tries < FORMER_TRIES; tries++) {
    if (await isOperational(parts.health, from, former.id, soon())) return null
    await delay(PROBE_PAUSE_MS)
  }
  return (await answersWell(parts, release, slot)) ? slot : null
}

/**
 * The slot may itself be starting again, so one refusal proves nothing. The other slot is the yardstick: after a power cut
 * neither answers for a while, and to go back would help nobody. At most for as long as a candidate may take.
 */
export async function answersWell(parts: Parts, release: Release, slot: Slot): Promise<boolean> {
  const { health, journal, settings } = parts
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

const soon = (): AbortSignal => AbortSignal.timeout(PROBE_DEADLINE_MS)
