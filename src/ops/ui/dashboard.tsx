'use client'
import { useEffect, useState } from 'react'
import type { Release } from '../../release/release.ts'
import type { ConsoleActions } from '../verbs.ts'
import { allowedNow } from '../view/allowed-now.ts'
import { Board, type ConsoleLinks } from './board.tsx'
import type { OpenDialog } from './board-dialogs.tsx'
import { Disconnected } from './disconnected.tsx'
import { NowProvider } from './now.tsx'
import { SessionEnded } from './session-ended.tsx'
import { Skeleton } from './skeleton.tsx'
import { type Seen, useStatus } from './use-status.ts'

type Props = {
  initial: Seen | null
  initialHistory: readonly Release[] | null
  renderedAtMs: number
  actions: ConsoleActions
  links: ConsoleLinks
}

/** The state of the whole system, polled, and the verbs that change it. */
export function Dashboard({ initial, initialHistory, renderedAtMs, actions, links }: Props) {
  const { seen, problem, isSignedOut, refresh } = useStatus(initial)
  const [open, setOpen] = useState<OpenDialog>(null)
  const skewMs = seen ? Date.parse(seen.status.now) - seen.receivedAtMs : 0
  // An open dialog holds what the operator has entered, and leaving the page would lose it.
  const mustLeave = isSignedOut && open === null
  useEffect(() => {
    if (mustLeave) window.location.assign(links.sessionEnded)
  }, [mustLeave, links.sessionEnded])
  return (
    <NowProvider startMs={renderedAtMs} skewMs={skewMs}>
      <div className="space-y-5">
        {problem !== null && !isSignedOut && (
          <Disconnected problem={problem} seenAt={seen?.status.now ?? null} />
        )}
        {seen === null && problem === null && <Skeleton />}
        {seen !== null && (
          <Board
            status={seen.status}
            isCurrent={problem === null}
            allowed={allowedNow(seen.status.actions, problem, isSignedOut)}
            initialHistory={initialHistory}
            actions={actions}
            links={links}
            open={open}
            setOpen={setOpen}
            dialogNotice={isSignedOut && <SessionEnded signIn={links.signIn} />}
            refresh={refresh}
          />
        )}
      </div>
    </NowProvider>
  )
}
