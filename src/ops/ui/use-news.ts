'use client'
import { useState } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import { type BarOutcome, outcomeWords } from '../../release/bar.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { stillHolds } from '../view/bars.ts'
import type { News } from './notice.tsx'

/** `wasSeen`: whether a status has agreed with `outcome`. The first ones may be from before it. */
type Told = { news: News; outcome: BarOutcome | null; wasSeen: boolean }

/** What became of the last thing that the operator did, for as long as it is so; a refusal until it is forgotten. */
export function useNews(status: SystemStatus | null) {
  const [told, setTold] = useState<Told | null>(null)
  const isSo = told !== null && told.outcome !== null && status !== null && stillHolds(told.outcome, status)
  const now = told?.wasSeen && !isSo ? null : told
  if (now === null && told !== null) setTold(null)
  if (now !== null && isSo && !now.wasSeen) setTold({ ...now, wasSeen: true })
  return {
    news: now?.news ?? null,
    tellBar: (outcome: BarOutcome) =>
      setTold({ news: { kind: 'done', sentence: outcomeWords(outcome) }, outcome, wasSeen: false }),
    tellRefusal: (error: ReleaseErrorBody) =>
      setTold({ news: { kind: 'refused', error }, outcome: null, wasSeen: false }),
    forget: () => setTold(null),
  }
}
