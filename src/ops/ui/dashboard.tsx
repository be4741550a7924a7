'use client'
import { useEffect } from 'react'
import type { Release } from '../../release/release.ts'
import type { ConsoleActions } from '../verbs.ts'
import { Board, type ConsoleLinks } from './board.tsx'
import { Disconnected } from './disconnected.tsx'
import { NowProvider } from './now.tsx'
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
  const skewMs = seen ? Date.parse(seen.status.now) - seen.receivedAtMs : 0
  useEffect(() => {
    if (isSignedOut) window.location.assign(links.sessionEnded)
  }, [isSignedOut, links.sessionEnded])
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
            isConnected={problem === null}
            initialHistory={initialHistory}
            actions={actions}
            links={links}
            refresh={refresh}
          />
        )}
      </div>
    </NowProvider>
  )
}
