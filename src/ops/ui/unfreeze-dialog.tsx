'use client'
import { Sun } from 'lucide-react'
import type { Frozen } from '../../release/freeze.ts'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { Deed } from './freeze-banner.tsx'
import type { FreezeDialogProps } from './freeze-dialogs.tsx'
import { Refusal } from './refusal.tsx'
import { useSend } from './use-send.ts'
import { VerbButton } from './verb-button.tsx'

/** Confirms that machines may deploy again, and names everything that this lifts. */
export function UnfreezeDialog(props: FreezeDialogProps & { freeze: Frozen }) {
  const { freeze, permission, verbs, notice, onClose } = props
  const { isSending, refusal, send } = useSend(props)
  return (
    <Dialog title="Lift the freeze" onClose={onClose} notice={notice}>
      <DialogBody>
        <div className="space-y-1 [overflow-wrap:anywhere]">
          {[freeze, ...freeze.earlier].map((one) => (
            <p key={one.at}>
              <Deed freeze={one} />
            </p>
          ))}
          <p>From then on CI and scripts may deploy again, and nothing holds back what they have waiting.</p>
        </div>
        {refusal !== null && (
          <div className="mt-4">
            <Refusal error={refusal} isUrgent />
          </div>
        )}
      </DialogBody>
      <DialogFooter>
        <Button data-first="" onClick={onClose}>
          Leave it frozen
        </Button>
        <VerbButton
          weight="main"
          permission={isSending ? { allowed: false, reason: null } : permission}
          icon={<Sun aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() => void send(() => verbs.unfreeze())}
        >
          {isSending ? 'Lifting…' : 'Lift the freeze'}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}
