'use client'
import type { SystemStatus } from '../../director/protocol.ts'
import type { Release } from '../../release/release.ts'
import { otherSlot } from '../../release/slot.ts'
import type { Accepted, ConsoleActions } from '../verbs.ts'
import { AbortDialog } from './abort-dialog.tsx'
import { DeployDialog } from './deploy-dialog.tsx'
import { RollbackDialog } from './rollback-dialog.tsx'

export type OpenDialog = 'deploy' | 'rollback' | 'abort' | null

type Props = {
  open: OpenDialog
  status: SystemStatus
  allowed: SystemStatus['actions']
  followed: Release | null
  verbs: ConsoleActions
  onAccepted(accepted: Accepted): void
  onClose(): void
}

/** The dialog that is open, with what it needs of the newest status. */
export function BoardDialogs({ open, status, allowed, followed, verbs, onAccepted, onClose }: Props) {
  const { live } = status.routing
  if (open === 'deploy') {
    return (
      <DeployDialog
        permission={allowed.deploy}
        slot={live === null ? 'primary' : otherSlot(live)}
        liveVersion={status.live?.version ?? null}
        deploy={verbs.deploy}
        onAccepted={onAccepted}
        onClose={onClose}
      />
    )
  }
  if (open === 'rollback' && live !== null) {
    return (
      <RollbackDialog
        permission={allowed.rollback}
        live={live}
        liveBuild={status.live}
        standbyBuild={status.standby}
        rollback={verbs.rollback}
        onAccepted={onAccepted}
        onClose={onClose}
      />
    )
  }
  if (open !== 'abort' || followed === null) return null
  return (
    <AbortDialog
      release={followed}
      permission={allowed.abort}
      abort={verbs.abort}
      onAborted={onAccepted}
      onClose={onClose}
    />
  )
}
