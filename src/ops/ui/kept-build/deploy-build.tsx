'use client'
import type { ReactNode } from 'react'
import type { Permission } from '../../../director/protocol.ts'
import { otherSlot } from '../../../release/slot.ts'
import { EMPTY_DRAFT } from '../../deploy-draft.ts'
import type { ConsoleActions } from '../../verbs.ts'
import { DeployDialog } from '../deploy-dialog.tsx'
import type { Answers } from '../use-send.ts'
import type { Seen } from '../use-status.ts'

type Props = Pick<Answers, 'onLateRefusal'> & {
  build: string
  seen: Seen
  permission: Permission
  verbs: ConsoleActions
  notice: ReactNode
  onBegun(release: number): void
  onClose(): void
}

/** The deploy dialog, opened on one of the kept builds. */
export function DeployBuild({ build, seen: { status }, permission, verbs, notice, onBegun, ...rest }: Props) {
  const { live, generation } = status.routing
  return (
    <DeployDialog
      permission={permission}
      freeze={status.freeze}
      slot={live === null ? 'primary' : otherSlot(live)}
      live={status.live}
      standby={status.standby}
      generation={generation}
      notice={notice}
      deploy={verbs.deploy}
      initial={{ ...EMPTY_DRAFT, kind: 'build', build }}
      onAccepted={({ release }) => onBegun(release.id)}
      {...rest}
    />
  )
}
