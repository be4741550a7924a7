'use client'
import { RotateCcw } from 'lucide-react'
import { type Bar, barWords } from '../../release/bar.ts'
import { unbarConsequences } from '../view/bars.ts'
import type { BarDialogProps } from './bar-dialogs.tsx'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { Refusal } from './refusal.tsx'
import { useSend } from './use-send.ts'
import { VerbButton } from './verb-button.tsx'

/** Confirms that a barred build may be used again. */
export function UnbarDialog(props: BarDialogProps & { bar: Bar }) {
  const { bar, status, allowed, verbs, notice, onClose } = props
  const { isSending, refusal, send } = useSend(props)
  return (
    <Dialog title={`Unbar ${bar.version}`} onClose={onClose} notice={notice}>
      <DialogBody>
        <div className="space-y-1 [overflow-wrap:anywhere]">
          <p>{barWords(bar)}</p>
          {unbarConsequences(bar, status).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        {refusal !== null && (
          <div className="mt-4">
            <Refusal error={refusal} isUrgent />
          </div>
        )}
      </DialogBody>
      <DialogFooter>
        <Button data-first="" onClick={onClose}>
          Leave it barred
        </Button>
        <VerbButton
          weight="main"
          permission={isSending ? { allowed: false, reason: null } : allowed.bar}
          icon={<RotateCcw aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() => void send(() => verbs.unbar({ build: bar.deploymentId }))}
        >
          {isSending ? 'Unbarring…' : `Unbar ${bar.version}`}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}
