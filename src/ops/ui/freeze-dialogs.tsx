'use client'
import type { ReactNode } from 'react'
import type { Permission } from '../../director/protocol.ts'
import type { FreezeOutcome, Frozen } from '../../release/freeze.ts'
import type { ConsoleActions } from '../verbs.ts'
import { FreezeDialog } from './freeze-dialog.tsx'
import { UnfreezeDialog } from './unfreeze-dialog.tsx'
import type { Answers } from './use-send.ts'

/** What a dialog about a freeze was opened on. */
export type OpenFreezeDialog = { kind: 'freeze' } | { kind: 'unfreeze'; freeze: Frozen }

export type FreezeDialogProps = Answers<FreezeOutcome> & {
  permission: Permission
  verbs: Pick<ConsoleActions, 'freeze' | 'unfreeze'>
  notice: ReactNode
  onClose(): void
}

/** The dialog about a freeze that is open. */
export function FreezeDialogs({ open, ...rest }: FreezeDialogProps & { open: OpenFreezeDialog }) {
  return open.kind === 'freeze' ? (
    <FreezeDialog {...rest} />
  ) : (
    <UnfreezeDialog freeze={open.freeze} {...rest} />
  )
}
