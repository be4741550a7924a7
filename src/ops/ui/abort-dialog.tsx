'use client'
import { OctagonX } from 'lucide-react'
import { useState } from 'react'
import type { Permission } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import type { Release } from '../../release/release.ts'
import type { Outcome } from '../outcome.ts'
import type { Accepted } from '../verbs.ts'
import { titleOf } from '../view/release.ts'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { Refusal } from './refusal.tsx'
import { VerbButton } from './verb-button.tsx'

type Props = {
  release: Release
  permission: Permission
  abort(): Promise<Outcome<Accepted>>
  onAborted(accepted: Accepted): void
  onClose(): void
}

/** Confirms that a release is to stop before it moves the traffic. */
export function AbortDialog({ release, permission, abort, onAborted, onClose }: Props) {
  const [isSending, setIsSending] = useState(false)
  const [refusal, setRefusal] = useState<ReleaseErrorBody | null>(null)

  async function confirm() {
    if (isSending) return
    setIsSending(true)
    const outcome = await abort()
    setIsSending(false)
    if (outcome.ok) onAborted(outcome.value)
    else setRefusal(outcome.error)
  }

  return (
    <Dialog title={`Abort release ${release.id}`} onClose={onClose}>
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
          permission={isSending ? { allowed: false, reason: null } : permission}
          icon={<OctagonX aria-hidden="true" size={15} />}
          onClick={() => void confirm()}
        >
          {isSending ? 'Aborting…' : `Abort release ${release.id}`}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}
