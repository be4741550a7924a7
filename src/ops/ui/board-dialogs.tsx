'use client'
import type { ReactNode } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import type { BarOutcome } from '../../release/bar.ts'
import type { FreezeOutcome } from '../../release/freeze.ts'
import type { Release } from '../../release/release.ts'
import { otherSlot } from '../../release/slot.ts'
import type { ConsoleActions } from '../verbs.ts'
import { AbortDialog } from './abort-dialog.tsx'
import { BarDialogs, type OpenBarDialog } from './bar-dialogs.tsx'
import { DeployDialog } from './deploy-dialog.tsx'
import { FreezeDialogs, type OpenFreezeDialog } from './freeze-dialogs.tsx'
import { RollbackDialog, type SeenLive } from './rollback-dialog.tsx'
import type { Answers } from './use-send.ts'

/** The dialog that is open, with what it was opened on: that must not change under the pointer. */
export type OpenDialog =
  | { kind: 'deploy' }
  | { kind: 'rollback'; seen: SeenLive }
  | { kind: 'abort'; release: Release }
  | OpenBarDialog
  | OpenFreezeDialog
  | null

type Props = Answers & {
  open: OpenDialog
  status: SystemStatus
  allowed: SystemStatus['actions']
  verbs: ConsoleActions
  onBarred(outcome: BarOutcome): void
  onFrozen(outcome: FreezeOutcome): void
  /** Shown in the dialog, since the page behind it can't be used. */
  notice: ReactNode
  onClose(): void
}

/** The dialog that is open, with what it needs of the newest status. */
export function BoardDialogs({ open, status, allowed, verbs, onBarred, onFrozen, ...shared }: Props) {
  const { live } = status.routing
  switch (open?.kind) {
    case 'deploy':
      return (
        <DeployDialog
          permission={allowed.deploy}
          freeze={status.freeze}
          slot={live === null ? 'primary' : otherSlot(live)}
          live={status.live}
          standby={status.standby}
          generation={status.routing.generation}
          deploy={verbs.deploy}
          {...shared}
        />
      )
    case 'rollback':
      return (
        <RollbackDialog
          permission={allowed.rollback}
          seen={open.seen}
          status={status}
          rollback={verbs.rollback}
          {...shared}
        />
      )
    case 'abort':
      return (
        <AbortDialog
          permission={allowed.abort}
          release={open.release}
          running={status.running?.id ?? null}
          abort={verbs.abort}
          {...shared}
        />
      )
    case 'bar':
    case 'unbar':
      return (
        <BarDialogs
          {...{ open, status, allowed, verbs, onAccepted: onBarred }}
          notice={shared.notice}
          onLateRefusal={shared.onLateRefusal}
          onClose={shared.onClose}
        />
      )
    case 'freeze':
    case 'unfreeze':
      return (
        <FreezeDialogs
          {...{ open, verbs, permission: allowed.freeze, onAccepted: onFrozen }}
          notice={shared.notice}
          onLateRefusal={shared.onLateRefusal}
          onClose={shared.onClose}
        />
      )
    default:
      return null
  }
}
