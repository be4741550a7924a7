'use client'
import { OctagonX } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AbortRequest, Permission } from '../../director/protocol.ts'
import type { Release } from '../../release/release.ts'
import type { Outcome } from '../outcome.ts'
import type { Accepted } from '../verbs.ts'
import { titleOf } from '../view/release.ts'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { Refusal } from './refusal.tsx'
import { type Answers, useSend } from './use-send.ts'
import { VerbButton } from './verb-button.tsx'

type Props = Answers & {
  /** The release that this was opened on, and the number of the one that is under way now. */
  release: Release
  running: number | null
  permission: Permission
  notice: ReactNode
  abort(request: AbortRequest): Promise<Outcome<Accepted>>
  onClose(): void
}

/** Confirms that a release is to stop before it moves the traffic. */
export function AbortDialog(props: Props) {
  const { release, running, permission, notice, abort, onClose } = props
  const { isSending, refusal, send } = useSend(props)
  const isOver = running !== release.id
  return (
    <Dialog title={`Abort release ${release.id}`} onClose={onClose} notice={notice}>
      <DialogBody>
        <p className="font-medium">{titleOf(release)} stops where it is.</p>
        <p className="mt-1 text-ink-muted">
          A running build is ended.{' '}
          {release.replaces === null || release.from === null
            ? 'Nothing goes live.'
            : `Visitors keep ${release.replaces.version} from ${release.from}.`}
        </p>
        {refusal !== null && (
          <div className="mt-4">
            <Refusal error={refusal} isUrgent />
          </div>
        )}
      </DialogBody>
      <DialogFooter>
        <Button data-first="" onClick={onClose}>
          Let it go on
        </Button>
        <VerbButton
          weight="stop"
          permission={
            isSending
              ? { allowed: false, reason: null }
              : isOver
                ? { allowed: false, reason: `Release ${release.id} is not under way any more.` }
                : permission
          }
          icon={<OctagonX aria-hidden="true" size={15} />}
          onClick={() => void send(() => abort({ release: release.id }))}
        >
          {isSending ? 'Aborting…' : `Abort release ${release.id}`}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}
