'use client'
import { Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { Permission } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import type { Build } from '../../release/release.ts'
import { otherSlot, type Slot } from '../../release/slot.ts'
import type { Outcome } from '../outcome.ts'
import type { Accepted } from '../verbs.ts'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { PlanPreview } from './plan-preview.tsx'
import { Refusal } from './refusal.tsx'
import { usePlan } from './use-plan.ts'
import { VerbButton } from './verb-button.tsx'

type Props = {
  permission: Permission
  live: Slot
  liveBuild: Build | null
  standbyBuild: Build | null
  rollback(): Promise<Outcome<Accepted>>
  onAccepted(accepted: Accepted): void
  onClose(): void
}

/** Confirms the way back. It does not wait for the preview: the same checks run first in the rollback itself. */
export function RollbackDialog(props: Props) {
  const { permission, live, liveBuild, standbyBuild, rollback, onAccepted, onClose } = props
  const [isSending, setIsSending] = useState(false)
  const [refusal, setRefusal] = useState<ReleaseErrorBody | null>(null)
  const answer = usePlan({ verb: 'rollback' })
  const target = otherSlot(live)
  const isRefused = answer.plan?.mayStart === false

  async function confirm() {
    if (isSending) return
    setIsSending(true)
    const outcome = await rollback()
    setIsSending(false)
    if (outcome.ok) onAccepted(outcome.value)
    else setRefusal(outcome.error)
  }

  return (
    <Dialog title="Roll back" onClose={onClose}>
      <DialogBody>
        <div className="mb-5 grid grid-cols-2 divide-x divide-line rounded-md border border-line">
          <Side when="Visitors get now" build={liveBuild} slot={live} />
          <Side when="Visitors get then" build={standbyBuild} slot={target} isAfter />
        </div>
        <PlanPreview answer={answer} waitingFor={null} />
        {refusal !== null && (
          <div className="mt-4">
            <Refusal error={refusal} isUrgent />
          </div>
        )}
      </DialogBody>
      <DialogFooter>
        <Button data-first="" onClick={onClose}>
          Cancel
        </Button>
        <VerbButton
          weight="main"
          permission={confirmPermission(permission, isRefused, isSending)}
          icon={<Undo2 aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() => void confirm()}
        >
          {isSending
            ? 'Rolling back…'
            : `Roll back from ${liveBuild?.version ?? live} to ${standbyBuild?.version ?? 'the standby'} on ${target}`}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}

function confirmPermission(permission: Permission, isRefused: boolean, isSending: boolean): Permission {
  if (isSending) return { allowed: false, reason: null }
  return isRefused ? { allowed: false, reason: 'A check refuses this rollback.' } : permission
}

function Side({
  when,
  build,
  slot,
  isAfter = false,
}: {
  when: string
  build: Build | null
  slot: Slot
  isAfter?: boolean
}) {
  return (
    <div className={`min-w-0 px-4 py-3 ${isAfter ? 'bg-live-wash' : ''}`}>
      <p className="label">{when}</p>
      <p className="truncate text-xl font-semibold tracking-tight" title={build?.version}>
        {build?.version ?? 'not known'}
      </p>
      <p className="text-sm text-ink-muted">
        from {slot}
        {build?.deploymentId != null && (
          <span className="block truncate font-mono text-xs" title={build.deploymentId}>
            {build.deploymentId}
          </span>
        )}
      </p>
    </div>
  )
}
