'use client'
import { LogOut } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Ended, EndSessionsRequest, SessionView } from '../../../director/operators-protocol.ts'
import type { Permission } from '../../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../../release/errors.ts'
import type { ConsoleActions } from '../../verbs.ts'
import { Button } from '../button.tsx'
import { Dialog, DialogBody, DialogFooter } from '../dialog.tsx'
import { Ago } from '../now.tsx'
import { Prose } from '../prose.tsx'
import { Refusal } from '../refusal.tsx'
import { useSend } from '../use-send.ts'
import { VerbButton } from '../verb-button.tsx'

/** One session, or all but the one who asks. */
export type EndSubject = { kind: 'one'; session: SessionView } | { kind: 'others'; count: number }

type Props = {
  subject: EndSubject
  permission: Permission
  verbs: ConsoleActions
  notice: ReactNode
  onAccepted(done: Ended): void
  onLateRefusal(error: ReleaseErrorBody): void
  onClose(): void
}

/** Confirms that whoever uses the session has to sign in anew. */
export function EndDialog({ subject, permission, verbs, notice, ...answers }: Props) {
  const { isSending, refusal, send } = useSend(answers)
  const { title, sentences, button } = wordsOf(subject)
  return (
    <Dialog title={title} onClose={answers.onClose} notice={notice}>
      <DialogBody>
        {subject.kind === 'one' && <Which session={subject.session} />}
        <ul className="list-disc space-y-1 pl-5 [overflow-wrap:anywhere]">
          {sentences.map((sentence) => (
            <li key={sentence}>
              <Prose text={sentence} />
            </li>
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
          permission={isSending ? { allowed: false, reason: null } : permission}
          icon={<LogOut aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() => void send(() => verbs.endSessions(requestOf(subject)))}
        >
          {isSending ? 'Ending…' : button}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}

/** One operator may have several sessions. */
function Which({ session: { email, since, address, browser } }: { session: SessionView }) {
  return (
    <p className="mb-3 text-sm text-ink-muted [overflow-wrap:anywhere]">
      {email}, signed in <Ago at={since} />
      {address !== null && ` from ${address}`}
      {browser !== null && <span className="block text-xs">{browser}</span>}
    </p>
  )
}

function requestOf(subject: EndSubject): EndSessionsRequest {
  return subject.kind === 'one' ? { id: subject.session.id } : { which: 'others' }
}

function wordsOf(subject: EndSubject): { title: string; sentences: readonly string[]; button: string } {
  const atOnce =
    'It ends at once: its cookie is no longer accepted, and a page that follows a release with it stops.'
  const password =
    'Whoever knows the password can sign in again. If a stranger may know it, run `switchyard operators reset EMAIL` on the host.'
  if (subject.kind === 'others') {
    const { count } = subject
    return {
      title: 'End all other sessions',
      sentences: [
        `${count === 1 ? 'One session ends' : `${count} sessions end`}; yours goes on. Whoever uses them has to sign in again.`,
        password,
      ],
      button: count === 1 ? 'End 1 session' : `End ${count} sessions`,
    }
  }
  const { name, isOwn } = subject.session
  return {
    title: isOwn ? 'End your own session' : `End a session of ${name}`,
    sentences: [isOwn ? 'You are signed out here.' : `${name} has to sign in again there.`, atOnce, password],
    button: 'End the session',
  }
}
