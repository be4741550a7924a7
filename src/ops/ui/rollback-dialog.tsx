'use client'
import { Undo2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { Permission, RollbackRequest, SystemStatus } from '../../director/protocol.ts'
import type { Build } from '../../release/release.ts'
import { otherSlot, type Slot } from '../../release/slot.ts'
import type { Outcome } from '../outcome.ts'
import type { Accepted } from '../verbs.ts'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { EnvironmentOfNow } from './kept-build/environment-of-now.tsx'
import { PlanPreview } from './plan-preview.tsx'
import { Refusal } from './refusal.tsx'
import { usePlan } from './use-plan.ts'
import { type Answers, useSend } from './use-send.ts'
import { VerbButton } from './verb-button.tsx'
import { Warning } from './warning.tsx'

/** What the operator decides on: the release that last moved the traffic, and both versions. */
export type SeenLive = {
  release: number | null
  live: Slot
  liveBuild: Build | null
  standbyBuild: Build | null
}

export function seenLive({ liveRelease, routing, live, standby }: SystemStatus): SeenLive {
  return { release: liveRelease, live: routing.live ?? 'primary', liveBuild: live, standbyBuild: standby }
}

type Props = Answers & {
  permission: Permission
  seen: SeenLive
  status: SystemStatus
  notice: ReactNode
  rollback(request: RollbackRequest): Promise<Outcome<Accepted>>
  onClose(): void
}

/** Confirms the way back. It does not wait for the preview: the same checks run first in the rollback itself. */
export function RollbackDialog(props: Props) {
  const { permission, seen, status, notice, rollback, onClose } = props
  const { live, liveBuild, standbyBuild } = seen
  const { isSending, refusal, send } = useSend(props)
  const [isCurrent, setIsCurrent] = useState(false)
  const environment = isCurrent ? ({ environment: 'current' } as const) : {}
  const answer = usePlan({ verb: 'rollback', ...environment }, status.routing.generation)
  const overtakenBy = status.liveRelease === seen.release ? null : status.liveRelease
  const target = otherSlot(live)
  const isRefused = answer.plan?.mayStart === false

  return (
    <Dialog title="Roll back" onClose={onClose} notice={notice}>
      <DialogBody>
        <div className="mb-5 grid grid-cols-2 divide-x divide-line rounded-md border border-line">
          <Side when="Visitors get now" build={liveBuild} slot={live} />
          <Side when="Visitors get then" build={standbyBuild} slot={target} isAfter />
        </div>
        {overtakenBy === null && standbyBuild !== null && standbyBuild.image === liveBuild?.image && (
          <p className="mb-4 text-sm text-ink-muted">
            Both slots run the same build. This moves visitors to the other one and changes nothing that they
            see.
          </p>
        )}
        {overtakenBy === null ? (
          <>
            <EnvironmentOfNow isChosen={isCurrent} slot={target} onChange={setIsCurrent} />
            <PlanPreview answer={answer} waitingFor={null} />
          </>
        ) : (
          <Warning>
            Release {overtakenBy} went live while this was open. Visitors get{' '}
            {status.live?.version ?? 'another build'} from {status.routing.live ?? 'nowhere'} by now.
          </Warning>
        )}
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
          permission={confirmPermission(permission, { isSending, isRefused, overtakenBy })}
          icon={<Undo2 aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() =>
            void send(() =>
              rollback({ ...(seen.release !== null && { from: seen.release }), ...environment }),
            )
          }
        >
          {isSending
            ? 'Rolling back…'
            : `Roll back from ${liveBuild?.version ?? live} to ${standbyBuild?.version ?? 'the standby'} on ${target}`}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}

function confirmPermission(
  permission: Permission,
  {
    isSending,
    isRefused,
    overtakenBy,
  }: { isSending: boolean; isRefused: boolean; overtakenBy: number | null },
): Permission {
  if (isSending) return { allowed: false, reason: null }
  if (overtakenBy !== null) return { allowed: false, reason: 'What this was opened on has changed.' }
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
