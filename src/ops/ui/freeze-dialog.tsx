'use client'
import { Snowflake } from 'lucide-react'
import { useState } from 'react'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { Field } from './field.tsx'
import type { FreezeDialogProps } from './freeze-dialogs.tsx'
import { Refusal } from './refusal.tsx'
import { useSend } from './use-send.ts'
import { VerbButton } from './verb-button.tsx'

const REASON_CAP = 500

/** Asks why machines are not to deploy any more, and freezes. */
export function FreezeDialog(props: FreezeDialogProps) {
  const { permission, verbs, notice, onClose } = props
  const [reason, setReason] = useState('')
  const { isSending, refusal, send } = useSend(props)
  const mayConfirm = confirmPermission()

  function confirmPermission() {
    if (isSending) return { allowed: false, reason: null }
    if (!permission.allowed) return permission
    return reason.trim() === '' ? { allowed: false, reason: 'Say why.' } : permission
  }

  async function confirm() {
    if (mayConfirm.allowed) await send(() => verbs.freeze({ reason }))
  }

  return (
    <Dialog title="Freeze deploys by machines" onClose={onClose} notice={notice}>
      <DialogBody>
        <form
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault()
            void confirm()
          }}
        >
          <ul className="list-disc space-y-1 pl-5">
            <li>CI, cron and scripts on the host are refused until somebody lifts the freeze.</li>
            <li>Operators may deploy, once they were shown it; rollbacks go on as ever.</li>
            <li>A release that is under way goes on.</li>
          </ul>
          <Field
            data-first=""
            label="Reason"
            placeholder="Why nothing may be deployed"
            value={reason}
            maxLength={REASON_CAP}
            autoComplete="off"
            onChange={(event) => setReason(event.target.value)}
            hint="Whoever is refused is told it."
          />
        </form>
        {refusal !== null && (
          <div className="mt-4">
            <Refusal error={refusal} isUrgent />
          </div>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <VerbButton
          weight="main"
          permission={mayConfirm}
          icon={<Snowflake aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() => void confirm()}
        >
          {isSending ? 'Freezing…' : 'Freeze deploys'}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}
