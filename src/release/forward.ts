import { setTimeout as delay } from 'node:timers/promises'
import { answersVisitors } from './move/answers-visitors.ts'
import { lookAt } from './move/look-at.ts'
import type { LogSink } from './ports.ts'
import type { Release } from './release.ts'
import type { Slot } from './slot.ts'
import type { StepName } from './step-names.ts'
import { type Parts, startedBy } from './steps.ts'
import { unconfirmedBecause } from './through-nginx.ts'
import { movedTo } from './undo.ts'

/** As long as a candidate has for each answer: what is slower is not healthy, and what is quicker is, however starved. */
const LOOK_WITHIN_MS = 3_000
const PROBE_PAUSE_MS = 500
/** nginx's log is two seconds late, so these are the ones before. */
const VISITORS_WITHIN_MS = 6_000
/** How often the new slot may fail to answer while the other one does. */
const PROBE_TRIES = 10
/** How often the slot of before may fail to answer before visitors are kept from it. */
const FORMER_TRIES = 3

/**
 * Ends a release whose traffic is at `slot` as live. `found` is a sentence on what was found; what nginx says is put behind it.
 * The steps end as what was seen of them, so that a slot which does not say that it is well calls for a person; `record` stays to
 * `recordNewest`.
 */
export async function goForward(
  parts: Parts,
  release: Release,
  slot: Slot,
  found: string,
  log: LogSink,
  standing: Exclude<Standing, 'worse'> = 'well',
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
  end('confirm', reason === null && standing === 'well' ? 'done' : 'failed', confirmation)
  const sentence = `${found} ${confirmation}`
  parts.journal.append(release.id, { type: 'step-started', name: 'record' })
  parts.journal.append(release.id, { type: 'recovered', sentence })
  const live = parts.journal.append(release.id, { type: 'live' })
  // Not before it is written: what can't be is tried every few seconds.
  log(sentence)
  return live
}

/**
 * The slot that visitors are to stay at, though something else answers than was to, or nginx is not there: it is healthy, and the
 * one that they came from is not. Null where the way back is the better one.
 */
export async function slotToStayAt(parts: Parts, release: Release): Promise<Slot | null> {
  // One that can't be read keeps the way back from being written as well, which says so.
  const slot = movedTo(release, await parts.traffic.read().catch(() => null))
  const { from } = release
  const former = from && parts.journal.holderOf(from)
  if (slot === null || !from || !former) return null
  for (let tries = 0; tries < FORMER_TRIES; tries++) {
    if ((await lookAt(parts.health, from, former.id, LOOK_WITHIN_MS)).kind === 'well') return null
    await delay(PROBE_PAUSE_MS)
  }
  return (await howItStands(parts, release, slot)) === 'well' ? slot : null
}

/** How the slot that visitors were led to is, beside the one that they came from. */
export type Standing = 'well' | 'no worse' | 'worse'

/**
 * The slot may itself be starting again, so one refusal proves nothing. The other slot is the yardstick: after a power cut
 * neither answers for a while, and to go back would help nobody. At most for as long as a candidate may take; where neither has
 * answered by then, visitors are no worse off where they are, unless nobody was served before.
 */
export async function howItStands(parts: Parts, release: Release, slot: Slot): Promise<Standing> {
  const { health, journal, settings, trafficLog } = parts
  const expected = startedBy(journal, release)
  const { from } = release
  const former = from && journal.holderOf(from)
  let leftMs = settings.healthDeadlineMs
  let tries = 0
  while (tries < PROBE_TRIES && leftMs > 0) {
    const startedMs = performance.now()
    const [now, before] = await Promise.all([
      lookAt(health, slot, expected, LOOK_WITHIN_MS),
      from && former ? lookAt(health, from, former.id, LOOK_WITHIN_MS) : null,
    ])
    if (now.kind === 'well') return 'well'
    const isBusy =
      now.kind === 'silent' && trafficLog && answersVisitors(trafficLog, slot, VISITORS_WITHIN_MS)
    if (isBusy) return 'no worse'
    if (before?.kind === 'well') tries++
    await delay(PROBE_PAUSE_MS)
    // A director that was held up has not waited for so long.
    leftMs -= Math.min(performance.now() - startedMs, LOOK_WITHIN_MS + PROBE_PAUSE_MS)
  }
  return tries < PROBE_TRIES && former ? 'no worse' : 'worse'
}
