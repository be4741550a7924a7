'use client'
import { LogOut } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Permission } from '../../../director/protocol.ts'
import { type ConsoleActions, lastingVerbs } from '../../verbs.ts'
import { type News, Notice } from '../notice.tsx'
import { NowProvider } from '../now.tsx'
import { SessionEnded } from '../session-ended.tsx'
import { VerbButton } from '../verb-button.tsx'
import { Warning } from '../warning.tsx'
import { EndDialog, type EndSubject } from './end-dialog.tsx'
import { OperatorList } from './operator-list.tsx'
import { SessionList } from './session-list.tsx'
import { type Access, useAccess } from './use-sessions.ts'

type Props = {
  initial: Access
  renderedAtMs: number
  actions: ConsoleActions
  signIn: string
  /** Where whoever ends the own session is led. */
  sessionEnded: string
}

const SIGNED_OUT: Permission = { allowed: false, reason: 'Your session has ended.' }

/** Who may sign in and who has, and the way to end sessions. */
export function OperatorsPage({ initial, renderedAtMs, actions, signIn, sessionEnded }: Props) {
  const { access, isSignedOut, isOld, refresh } = useAccess(initial)
  const verbs = useMemo(() => lastingVerbs(actions), [actions])
  const [subject, setSubject] = useState<EndSubject | null>(null)
  const [news, setNews] = useState<News | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that was pressed goes with its session, and would take the keyboard's place along.
  useEffect(() => {
    if (news?.kind === 'done') heading.current?.focus()
  }, [news])
  const others = access.sessions.filter(({ isOwn }) => !isOwn).length
  const mayEnd = isSignedOut ? SIGNED_OUT : { allowed: true, reason: null }
  const notice = isSignedOut && <SessionEnded signIn={signIn} />
  return (
    <NowProvider startMs={renderedAtMs}>
      <div className="space-y-6">
        {subject === null && notice}
        {isOld && <Warning>The sessions could not be read again; this list may be old.</Warning>}
        {news !== null && <Notice news={news} onDismiss={() => setNews(null)} />}
        <section aria-labelledby="sessions" className="space-y-3">
          <div className="flex flex-col gap-3 sm:flex-row sm:items-start sm:justify-between">
            <div>
              <h2
                ref={heading}
                id="sessions"
                tabIndex={-1}
                className="text-lg font-semibold tracking-tight outline-none"
              >
                Sessions
              </h2>
              <p className="max-w-prose text-sm text-ink-muted">
                A session ends by itself 12 hours after its sign-in, and sooner where nobody uses it. The
                address and the browser are what the slot reported: code in a build that was taken over can
                make them up.
              </p>
            </div>
            <VerbButton
              permission={others > 0 ? mayEnd : { allowed: false, reason: 'There is no other session.' }}
              icon={<LogOut aria-hidden="true" size={15} className="shrink-0" />}
              onClick={() => setSubject({ kind: 'others', count: others })}
            >
              End all others…
            </VerbButton>
          </div>
          <SessionList sessions={access.sessions} onEnd={(session) => setSubject({ kind: 'one', session })} />
        </section>
        <section aria-labelledby="operators" className="space-y-3">
          <h2 id="operators" className="text-lg font-semibold tracking-tight">
            Operators
          </h2>
          <OperatorList operators={access.operators} />
          <p className="max-w-prose text-sm text-ink-muted">
            Operators are added, reset and removed only on the host, so that a stolen session can lock nobody
            out: <Command>switchyard setup-link</Command>, <Command>switchyard operators reset EMAIL</Command>{' '}
            and <Command>switchyard operators remove EMAIL</Command>.
          </p>
        </section>
        {subject !== null && (
          <EndDialog
            subject={subject}
            permission={mayEnd}
            verbs={verbs}
            notice={notice}
            onAccepted={({ sentence }) => {
              if (subject.kind === 'one' && subject.session.isOwn) return window.location.assign(sessionEnded)
              setNews({ kind: 'done', sentence })
              refresh()
              setSubject(null)
            }}
            onLateRefusal={(error) => setNews({ kind: 'refused', error })}
            onClose={() => setSubject(null)}
          />
        )}
      </div>
    </NowProvider>
  )
}

function Command({ children }: { children: string }) {
  return <code className="font-mono text-[0.95em] text-ink">{children}</code>
}
