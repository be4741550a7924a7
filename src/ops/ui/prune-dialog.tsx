'use client'
import { Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Permission } from '../../director/protocol.ts'
import type { PruneView } from '../../release/prune-view.ts'
import { bytes } from '../../words/quantities.ts'
import type { ConsoleActions } from '../verbs.ts'
import { freedBy, whatGoes } from '../view/builds.ts'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { Prose } from './prose.tsx'
import { Refusal } from './refusal.tsx'
import { type Answers, useSend } from './use-send.ts'
import { VerbButton } from './verb-button.tsx'

type Props = Answers<PruneView> & {
  view: PruneView
  permission: Permission
  verbs: Pick<ConsoleActions, 'prune'>
  notice: ReactNode
  onClose(): void
}

/** Confirms what is removed for good, by name. */
export function PruneDialog(props: Props) {
  const { view, permission, verbs, notice, onClose } = props
  const { isSending, refusal, send } = useSend(props)
  return (
    <Dialog title="Prune old builds" onClose={onClose} notice={notice}>
      <DialogBody>
        <div className="space-y-3 [overflow-wrap:anywhere]">
          <p>
            {whatGoes(view)} will be removed for good, which frees up to {freedBy(view)}: layers that builds
            share stay. Visitors do not notice; tabs that are still open on these builds get the live one.
          </p>
          <ul className="divide-y divide-line rounded-md border border-line">
            {view.gone.toReversed().map((build) => (
              <li key={build.image ?? `${build.deploymentId} ${build.version}`} className="px-3 py-2 text-sm">
                <span className="font-medium">{build.version}</span>{' '}
                <span className="text-ink-muted">
                  {build.deploymentId !== null && build.deploymentId !== build.version && (
                    <span className="font-mono text-xs">{build.deploymentId} </span>
                  )}
                  {bytes(build.bytes)}. <Prose text={build.why} />
                </span>
              </li>
            ))}
            {view.logs.length > 0 && (
              <li className="px-3 py-2 text-sm text-ink-muted">
                The {view.logs.length === 1 ? 'log' : 'logs'} of{' '}
                {view.logs.length === 1 ? 'release' : 'releases'} {view.logs.join(', ')}. The history itself
                stays.
              </li>
            )}
          </ul>
          <p className="text-sm text-ink-muted">
            The director looks again before each: what is used by then stays.
          </p>
        </div>
        {refusal !== null && (
          <div className="mt-4">
            <Refusal error={refusal} isUrgent />
          </div>
        )}
      </DialogBody>
      <DialogFooter>
        <Button data-first="" onClick={onClose}>
          Keep them
        </Button>
        <VerbButton
          weight="stop"
          permission={isSending ? { allowed: false, reason: null } : permission}
          icon={<Trash2 aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() => void send(() => verbs.prune({ dryRun: false }))}
        >
          {isSending ? 'Pruning…' : `Remove ${whatGoes(view)}`}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}
