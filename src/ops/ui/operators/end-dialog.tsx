'use client'
import { LogOut } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Ended, EndSessionsRequest, SessionView } from '../../../director/operators-protocol.ts'
import type { ReleaseErrorBody } from '../../../release/errors.ts'
import type { ConsoleActions } from '../../verbs.ts'
import { Button } from '../button.tsx'
import { Dialog, DialogBody, DialogFooter } from '../dialog.tsx'
import { Refusal } from '../refusal.tsx'
import { useSend } from '../use-send.ts'
import { VerbButton } from '../verb-button.tsx'

/** One session, or all but the one who asks. */
export type EndSubject = { kind: 'one'; session: SessionView } | { kind: 'others'; count: number }

type Props = {
  subject: EndSubject
  verbs: ConsoleActions
  notice: ReactNode
  onAccepted(done: Ended): void
  onLateRefusal(error: ReleaseErrorBody): void
  onClose(): void
}

/** Confirms that whoever uses the session has to sign in anew. */
export function EndDialog({ subject, verbs, notice, ...answers }: Props) {
  const { isSending, refusal, send } = useSend(answers)
  const { title, sentences, button } = wordsOf(subject)
  return (
    <Dialog title={title} onClose={answers.onClose} notice={notice}>
      <DialogBody>
        <ul className="list-disc space-y-1 pl-5 [overflow-wrap:anywhere]">
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        {refusal !== null && (
          <div className="mt-4">
            <Refusal error={refusal} isUrgent />
          </div>
        )}
      </DialogBody>
      <DialogFooter>
        <Button data-first="" onClick={answers.onClose}>
          Cancel
        </Button>
        <VerbButton
          weight="stop"
          permission={{ allowed: !isSending, reason: null }}
          icon={<LogOut aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() => void send(() => verbs.endSessions(requestOf(subject)))}
        >
          {isSending ? 'Ending…' : button}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}

function requestOf(subject: EndSubject): EndSessionsRequest {
  return subject.kind === 'one' ? { id: subject.session.id } : { which: 'others' }
}

function wordsOf(subject: EndSubject): { title: string; sentences: readonly string[]; button: string } {
  const atOnce = 'Its cookie is worth nothing from then on, and pages that follow a release by it stop.'
  const password =
    'Whoever knows the password can sign in again. If it may be known, run `npx switchyard operators reset EMAIL` on the host.'
  if (subject.kind === 'others') {
    const { count } = subject
    return {
      title: 'End all other sessions',
      sentences: [
        `${count === 1 ? 'One session ends' : `${count} sessions end`}; yours goes on. Every other operator signs in anew.`,
        password,
      ],
      button: 'End them',
    }
  }
  const { name, isOwn } = subject.session
  return {
    title: isOwn ? 'End your own session' : `End a session of ${name}`,
    sentences: [isOwn ? 'You are signed out here.' : `${name} signs in anew there.`, atOnce, password],
    button: 'End it',
  }
}
