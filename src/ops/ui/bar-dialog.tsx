'use client'
import { Ban } from 'lucide-react'
import { useState } from 'react'
import type { BarOutcome } from '../../release/bar.ts'
import { type BarSubject, barConsequences, barPermission, isOnlyConsole } from '../view/bars.ts'
import type { BarDialogProps } from './bar-dialogs.tsx'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { Field } from './field.tsx'
import { BarredAndSignedOut } from './operators/barred-and-signed-out.tsx'
import { EndSessionsChoice } from './operators/end-sessions-choice.tsx'
import { Refusal } from './refusal.tsx'
import { useSend } from './use-send.ts'
import { VerbButton } from './verb-button.tsx'
import { Warning } from './warning.tsx'

const REASON_CAP = 500

/** Confirms that nobody is to get a build any more, and asks why. */
export function BarDialog(props: BarDialogProps & { subject: BarSubject }) {
  const { subject, status, allowed, verbs, notice, onClose } = props
  const { deploymentId, version } = subject
  const [reason, setReason] = useState('')
  const [endsSessions, setEndsSessions] = useState(false)
  // With the sessions the page behind is gone too, so what was done is told here.
  const [done, setDone] = useState<BarOutcome | null>(null)
  const { isSending, refusal, send } = useSend<BarOutcome>({
    ...props,
    onAccepted: (outcome, isLate) =>
      outcome.sessionsEnded === undefined || isLate ? props.onAccepted(outcome, isLate) : setDone(outcome),
  })
  const permission = barPermission(allowed.bar, subject, status.live)
  const mayConfirm = permission.allowed && !isSending && deploymentId !== null

  async function confirm() {
    if (mayConfirm)
      await send(() =>
        verbs.bar({ build: deploymentId, reason, ...(endsSessions ? { endSessions: true } : {}) }),
      )
  }

  if (done !== null) return <BarredAndSignedOut outcome={done} onClose={onClose} />
  return (
    <Dialog title={`Bar ${version}`} onClose={onClose} notice={notice}>
      <DialogBody>
        <form
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault()
            void confirm()
          }}
        >
          <p className="text-sm text-ink-muted [overflow-wrap:anywhere]">
            <strong className="font-semibold text-ink">{version}</strong>, build{' '}
            <span className="font-mono text-xs">{deploymentId}</span>
          </p>
          <ul className="list-disc space-y-1 pl-5 [overflow-wrap:anywhere]">
            {barConsequences(subject, status).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          {isOnlyConsole(subject, status) && (
            <Warning>
              This console comes from {version} alone and goes with it. On the host, in the project's
              directory, <code className="font-mono text-[0.95em] whitespace-nowrap">switchyard</code> does
              what it does.
            </Warning>
          )}
          <Field
            label="Reason (optional)"
            placeholder="What is wrong with it"
            value={reason}
            maxLength={REASON_CAP}
            autoComplete="off"
            onChange={(event) => setReason(event.target.value)}
            hint="Stands wherever the build is shown as barred."
          />
          <EndSessionsChoice isChosen={endsSessions} onChoose={setEndsSessions} />
        </form>
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
          weight="stop"
          permission={isSending ? { allowed: false, reason: null } : permission}
          icon={<Ban aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() => void confirm()}
        >
          {isSending ? 'Barring…' : `Bar ${version}`}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}
