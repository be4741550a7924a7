'use client'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { ago } from '../../words/quantities.ts'
import { useNowMs } from './now.tsx'
import { Refusal } from './refusal.tsx'

type Props = { problem: ReleaseErrorBody; seenAt: string | null }

/** Shown while the newest poll failed: why, and how old the rest of the page is. */
export function Disconnected({ problem, seenAt }: Props) {
  const nowMs = useNowMs()
  return (
    <div className="space-y-1.5">
      <Refusal error={problem} isUrgent />
      <p className="px-1 text-sm text-ink-muted">
        {seenAt !== null && `What stands below was seen ${ago(nowMs - Date.parse(seenAt))}. `}
        This page tries again by itself.
      </p>
    </div>
  )
}
