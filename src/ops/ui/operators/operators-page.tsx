'use client'
import { LogOut } from 'lucide-react'
import { useMemo, useState } from 'react'
import { type ConsoleActions, lastingVerbs } from '../../verbs.ts'
import { type News, Notice } from '../notice.tsx'
import { NowProvider } from '../now.tsx'
import { SessionEnded } from '../session-ended.tsx'
import { VerbButton } from '../verb-button.tsx'
import { EndDialog, type EndSubject } from './end-dialog.tsx'
import { OperatorList } from './operator-list.tsx'
import { SessionList } from './session-list.tsx'
import { type Access, useAccess } from './use-sessions.ts'

type Props = { initial: Access; renderedAtMs: number; actions: ConsoleActions; signIn: string }

/** Who may sign in and who has, and the way to end sessions. */
export function OperatorsPage({ initial, renderedAtMs, actions, signIn }: Props) {
  const { access, isSignedOut, refresh } = useAccess(initial)
  const verbs = useMemo(() => lastingVerbs(actions), [actions])
  const [subject, setSubject] = useState<EndSubject | null>(null)
  const [news, setNews] = useState<News | null>(null)
  const others = access.sessions.filter(({ isOwn }) => !isOwn).length
  const notice = isSignedOut && <SessionEnded signIn={signIn} />
  return (
    <NowProvider startMs={renderedAtMs}>
      <div className="space-y-6">
        {subject === null && notice}
        {news !== null && <Notice news={news} onDismiss={() => setNews(null)} />}
        <section aria-labelledby="sessions" className="space-y-3">
          <div className="flex flex-col gap-3 sm:flex-row sm:items-start sm:justify-between">
            <div>
              <h2 id="sessions" className="text-lg font-semibold tracking-tight">
                Sessions
              </h2>
              <p className="max-w-prose text-sm text-ink-muted">
                A session ends by itself 12 hours after its sign-in. Addresses and browsers are what the slot
                told that passed them on.
              </p>
            </div>
            <VerbButton
              permission={
                others > 0
                  ? { allowed: true, reason: null }
                  : { allowed: false, reason: 'There is no other one.' }
              }
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
            Operators are added, reset and removed on the host alone (
            <Command>npx switchyard setup-link</Command>, <Command>operators reset EMAIL</Command>,{' '}
            <Command>operators remove EMAIL</Command>): whoever stole a session could otherwise lock everybody
            else out.
          </p>
        </section>
        {subject !== null && (
          <EndDialog
            subject={subject}
            verbs={verbs}
            notice={notice}
            onAccepted={({ sentence }) => {
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
