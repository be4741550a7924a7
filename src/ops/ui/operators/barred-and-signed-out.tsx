'use client'
import { type BarOutcome, outcomeWords } from '../../../release/bar.ts'
import { Button } from '../button.tsx'
import { Dialog, DialogBody, DialogFooter } from '../dialog.tsx'
import { Prose } from '../prose.tsx'

/** What a bar did that ended all sessions: the one who asked is led to the sign-in once this is closed. */
export function BarredAndSignedOut({ outcome, onClose }: { outcome: BarOutcome; onClose(): void }) {
  return (
    <Dialog title={`${outcome.version} is barred`} onClose={onClose}>
      <DialogBody>
        <p role="status" className="[overflow-wrap:anywhere]">
          <Prose text={outcomeWords(outcome)} />
        </p>
        <p className="mt-2 [overflow-wrap:anywhere]">
          <Prose text="Passwords are as before: `switchyard operators reset EMAIL` on the host takes one away." />
        </p>
      </DialogBody>
      <DialogFooter>
        <Button data-first="" weight="main" onClick={onClose}>
          Sign in again
        </Button>
      </DialogFooter>
    </Dialog>
  )
}
