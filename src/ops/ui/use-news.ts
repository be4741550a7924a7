'use client'
import { useState } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import { type BarOutcome, outcomeWords } from '../../release/bar.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { type FreezeOutcome, freezeOutcomeWords } from '../../release/freeze.ts'
import { stillHolds } from '../view/bars.ts'
import { freezeStillHolds } from '../view/freeze.ts'
import type { News } from './notice.tsx'

/** `wasSeen`: whether a status has agreed that it `holds`. The first ones may be from before it. */
type Told = { news: News; holds: ((status: SystemStatus) => boolean) | null; wasSeen: boolean }

/** What became of the last thing that the operator did, for as long as it is so; a refusal until it is forgotten. */
export function useNews(status: SystemStatus | null) {
  const [told, setTold] = useState<Told | null>(null)
  const isSo = status !== null && told?.holds?.(status) === true
  const now = told?.wasSeen && !isSo ? null : told
  if (now === null && told !== null) setTold(null)
  if (now !== null && isSo && !now.wasSeen) setTold({ ...now, wasSeen: true })
  return {
    news: now?.news ?? null,
    tellBar: (outcome: BarOutcome) =>
      setTold(done(outcomeWords(outcome), (status) => stillHolds(outcome, status))),
    tellFreeze: (outcome: FreezeOutcome) =>
      setTold(done(freezeOutcomeWords(outcome), (status) => freezeStillHolds(outcome, status))),
    tellRefusal: (error: ReleaseErrorBody) =>
      setTold({ news: { kind: 'refused', error }, holds: null, wasSeen: false }),
    forget: () => setTold(null),
  }
}

function done(sentence: string, holds: Told['holds']): Told {
  return { news: { kind: 'done', sentence }, holds, wasSeen: false }
}
