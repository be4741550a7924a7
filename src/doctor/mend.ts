import { setTimeout as pause } from 'node:timers/promises'
import { reasonOf } from '../release/errors.ts'
import { SetupFailure } from '../setup/failure.ts'
import { type UnderLock, underLock } from '../setup/under-lock.ts'
import { createBench } from './bench.ts'
import { examine } from './examine.ts'
import type { Found } from './finding.ts'
import { lookAround } from './look.ts'
import type { Place } from './place.ts'

const MEND_WITHIN_MS = 5 * 60_000
/** More than there are checks: a bound for what should end by itself. */
const MENDS_CAP = 100
/** The director looks every five seconds, once the lock is free. */
const SETTLE_WITHIN_MS = 20_000
const PAUSE_MS = 1_000
const SETTLED_BY_DIRECTOR = ['director', 'unsettled release', 'standby in reach']

export type MendReport = {
  /** What was found and is no more. */
  mended: readonly Found[]
  /** Why a mend could not be done, by the sentence of its finding. */
  failures: ReadonlyMap<string, string>
  left: readonly Found[]
}

/**
 * Mends under the release lock what can be, one thing after the other: each on a look of its own, since what is mended
 * changes the rest. Then looks again. `tell` hears of each mend as it begins. Can be stopped anywhere and run again.
 */
export async function mendAll(
  place: Place,
  { user, before }: { user: string; before: readonly Found[] },
  tell: (finding: Found) => void,
): Promise<UnderLock<MendReport>> {
  const seenAtAll = new Map(before.map((finding) => [finding.sentence, finding]))
  const failures = new Map<string, string>()
  const locked = await underLock(place.paths, { user, verb: 'doctor' }, async () => {
    const tried = new Set<string>()
    while (tried.size < MENDS_CAP) {
      // What compose would make anew is nothing that a mend changes.
      const seen = await lookAround(place, { asksCompose: false })
      if (seen === null) return
      const found = examine(seen, { isOwnLock: true })
      for (const finding of found) seenAtAll.set(finding.sentence, finding)
      const next = found.find(({ mend, sentence }) => mend !== null && !tried.has(sentence))
      if (!next?.mend) return
      tried.add(next.sentence)
      tell(next)
      const bench = createBench(place, seen, () => undefined, AbortSignal.timeout(MEND_WITHIN_MS))
      await next.mend(bench).catch((cause: unknown) => failures.set(next.sentence, failureWords(cause)))
    }
  })
  if ('busy' in locked) return locked
  const left = await leftAfter(place)
  const isLeft = new Set(left.map(({ sentence }) => sentence))
  const mended = [...seenAtAll.values()].filter(({ sentence }) => !isLeft.has(sentence))
  return { result: { mended, failures, left } }
}

/** What the director settles by itself may take it a moment. */
async function leftAfter(place: Place): Promise<Found[]> {
  const untilMs = performance.now() + SETTLE_WITHIN_MS
  for (;;) {
    const seen = await lookAround(place)
    const left = seen === null ? [] : examine(seen)
    const isSettling = seen?.director.answers && left.some(({ check }) => SETTLED_BY_DIRECTOR.includes(check))
    if (!isSettling || performance.now() > untilMs) return left
    await pause(PAUSE_MS)
  }
}

/** Compose's own words tell more than that it failed. */
function failureWords(cause: unknown): string {
  const said = cause instanceof SetupFailure ? cause.detail?.trim().split('\n').at(-1) : undefined
  return (said ?? reasonOf(cause)).replace(/\.$/, '')
}
