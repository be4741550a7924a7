'use client'
import { useMemo, useState } from 'react'
import type { Release } from '../../release/release.ts'
import { type ConsoleActions, lastingVerbs } from '../verbs.ts'
import { allowedNow } from '../view/allowed-now.ts'
import { isUnderWay } from '../view/release.ts'
import { BarButton } from './bar-button.tsx'
import { BarDialogs, type OpenBarDialog } from './bar-dialogs.tsx'
import { Notice } from './notice.tsx'
import { NowProvider } from './now.tsx'
import { ReleaseView } from './release-view.tsx'
import { SessionEnded } from './session-ended.tsx'
import { useNews } from './use-news.ts'
import { type Seen, useStatus } from './use-status.ts'

type Props = {
  release: Release
  /** Whether its build is barred, and may be, is the system's affair. Null where the director could not be asked in time. */
  initialStatus: Seen | null
  renderedAtMs: number
  actions: ConsoleActions
  signIn: string
  sessionEnded: string
}

/** A release on a page of its own. An ended session leads straight to signing in, unless a dialog is open. */
export function ReleasePage({ release, initialStatus, renderedAtMs, actions, signIn, sessionEnded }: Props) {
  const { seen, problem, isSignedOut, refresh } = useStatus(initialStatus)
  const verbs = useMemo(() => lastingVerbs(actions), [actions])
  const [open, setOpen] = useState<OpenBarDialog | null>(null)
  const status = seen?.status ?? null
  const { news, tellBar, tellRefusal, forget } = useNews(status)
  const allowed = status && allowedNow(status.actions, problem, isSignedOut)
  return (
    <NowProvider startMs={renderedAtMs}>
      <div className="space-y-4">
        {news !== null && <Notice news={news} onDismiss={forget} />}
        <ReleaseView
          key={release.id}
          id={release.id}
          initial={release}
          barred={status?.barred ?? []}
          level="h1"
          controls={({ build, state }) =>
            status !== null &&
            allowed !== null &&
            build !== null &&
            !isUnderWay(state) && (
              <BarButton subject={build} status={status} allowed={allowed} setOpen={setOpen} />
            )
          }
          onSignedOut={() => {
            if (open === null) window.location.assign(sessionEnded)
          }}
        />
        {open !== null && status !== null && allowed !== null && (
          <BarDialogs
            open={open}
            status={status}
            allowed={allowed}
            verbs={verbs}
            notice={isSignedOut && <SessionEnded signIn={signIn} />}
            onAccepted={(outcome) => {
              tellBar(outcome)
              refresh()
              setOpen(null)
            }}
            onLateRefusal={tellRefusal}
            onClose={() => setOpen(null)}
          />
        )}
      </div>
    </NowProvider>
  )
}
