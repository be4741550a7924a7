'use client'
import type { ReactNode } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import type { Bar, BarOutcome } from '../../release/bar.ts'
import type { ConsoleActions } from '../verbs.ts'
import type { BarSubject } from '../view/bars.ts'
import { BarDialog } from './bar-dialog.tsx'
import { UnbarDialog } from './unbar-dialog.tsx'
import type { Answers } from './use-send.ts'

/** What a dialog about a bar was opened on. */
export type OpenBarDialog = { kind: 'bar'; subject: BarSubject } | { kind: 'unbar'; bar: Bar }

export type BarDialogProps = Answers<BarOutcome> & {
  status: SystemStatus
  allowed: SystemStatus['actions']
  verbs: Pick<ConsoleActions, 'bar' | 'unbar'>
  notice: ReactNode
  onClose(): void
}

/** The dialog about a bar that is open. */
export function BarDialogs({ open, ...rest }: BarDialogProps & { open: OpenBarDialog }) {
  return open.kind === 'bar' ? (
    <BarDialog subject={open.subject} {...rest} />
  ) : (
    <UnbarDialog bar={open.bar} {...rest} />
  )
}
