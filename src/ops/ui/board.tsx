'use client'
import { OctagonX } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import type { Release } from '../../release/release.ts'
import { type Accepted, type ConsoleActions, lastingVerbs } from '../verbs.ts'
import { isUnderWay } from '../view/release.ts'
import { BoardDialogs, type OpenDialog } from './board-dialogs.tsx'
import { Notice } from './notice.tsx'
import { Problems } from './problems.tsx'
import { RecentReleases } from './recent-releases.tsx'
import { ReleaseView } from './release-view.tsx'
import { Situation } from './situation.tsx'
import { SlotTile } from './slot-tile.tsx'
import { SystemLine } from './system-line.tsx'
import { Track } from './track.tsx'
import { useFollowed } from './use-followed.ts'
import { useReload } from './use-reload.ts'
import { useTitle } from './use-title.ts'
import { VerbButton } from './verb-button.tsx'

export type ConsoleLinks = {
  home: string
  signIn: string
  sessionEnded: string
  history: string
  releasePrefix: string
}

type Props = {
  status: SystemStatus
  isConnected: boolean
  initialHistory: readonly Release[] | null
  actions: ConsoleActions
  links: ConsoleLinks
  refresh(): void
}

/** The dashboard with data: the situation, the slots, the release on screen, the history. */
export function Board({ status, isConnected, initialHistory, actions, links, refresh }: Props) {
  const verbs = useMemo(() => lastingVerbs(actions), [actions])
  const [open, setOpen] = useState<OpenDialog>(null)
  const followed = useFollowed(status)
  const reload = useReload(verbs)
  const allowed = isConnected ? status.actions : NONE_ALLOWED
  const close = useCallback(() => setOpen(null), [])
  const begun = useBegun()
  useTitle(status)

  function onAccepted({ release }: Accepted) {
    followed.follow(release)
    begun.show(release.id)
    close()
    refresh()
  }

  return (
    <>
      <Situation
        status={status}
        actions={allowed}
        onDeploy={() => setOpen('deploy')}
        onRollback={() => setOpen('rollback')}
      />
      <Problems status={status} followed={followed.release} releasePrefix={links.releasePrefix} />
      <Slots status={status} isConnected={isConnected} />
      {followed.release !== null && (
        <ReleaseView
          ref={begun.section}
          id={followed.release.id}
          initial={followed.release}
          controls={(release) =>
            isUnderWay(release.state) && (
              <VerbButton
                weight="stop"
                size="small"
                permission={allowed.abort}
                icon={<OctagonX aria-hidden="true" size={13} />}
                onClick={() => setOpen('abort')}
              >
                Abort…
              </VerbButton>
            )
          }
        />
      )}
      <RecentReleases status={status} initial={initialHistory} links={links} />
      {reload.news !== null && <Notice news={reload.news} onDismiss={reload.forget} />}
      <SystemLine
        home={links.home}
        status={status}
        permission={allowed.reload}
        isReloading={reload.isRunning}
        onReload={() => void reload.run()}
      />
      <BoardDialogs
        open={open}
        status={status}
        allowed={allowed}
        followed={followed.release}
        verbs={verbs}
        onAccepted={onAccepted}
        onClose={close}
      />
    </>
  )
}

const NOT_NOW = { allowed: false, reason: 'The director does not answer.' }
const NONE_ALLOWED = { deploy: NOT_NOW, rollback: NOT_NOW, abort: NOT_NOW, reload: NOT_NOW }

function Slots({ status, isConnected }: { status: SystemStatus; isConnected: boolean }) {
  return (
    <section aria-label="Slots" className={isConnected ? '' : 'grayscale'}>
      <Track live={status.routing.live} />
      <div className="grid gap-4 md:grid-cols-2">
        <SlotTile slot={status.slots.primary} />
        <SlotTile slot={status.slots.secondary} />
      </div>
    </section>
  )
}

/** Takes eye and focus to the release that the operator has just begun, once the dialog has let go of them. */
function useBegun() {
  const section = useRef<HTMLElement>(null)
  const [shown, show] = useState<number | null>(null)
  useEffect(() => {
    if (shown === null) return
    section.current?.focus({ preventScroll: true })
    section.current?.scrollIntoView({ block: 'nearest' })
  }, [shown])
  return { section, show }
}
