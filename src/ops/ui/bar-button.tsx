'use client'
import { Ban, RotateCcw } from 'lucide-react'
import type { SystemStatus } from '../../director/protocol.ts'
import { barOn } from '../../release/bar.ts'
import { type BarSubject, barPermission } from '../view/bars.ts'
import type { OpenBarDialog } from './bar-dialogs.tsx'
import { VerbButton } from './verb-button.tsx'

type Props = {
  subject: BarSubject
  status: SystemStatus
  allowed: SystemStatus['actions']
  setOpen(open: OpenBarDialog): void
}

/** Leads to barring a build, or to letting a barred one be used again. */
export function BarButton({ subject, status, allowed, setOpen }: Props) {
  const bar = barOn(status.barred, subject)
  return bar === null ? (
    <VerbButton
      size="small"
      permission={barPermission(allowed.bar, subject, status.live)}
      icon={<Ban aria-hidden="true" size={13} />}
      onClick={() => setOpen({ kind: 'bar', subject })}
    >
      Bar this build…
    </VerbButton>
  ) : (
    <VerbButton
      size="small"
      permission={allowed.bar}
      icon={<RotateCcw aria-hidden="true" size={13} />}
      onClick={() => setOpen({ kind: 'unbar', bar })}
    >
      Unbar this build…
    </VerbButton>
  )
}
