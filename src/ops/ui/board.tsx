'use client'
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import type { BarOutcome } from '../../release/bar.ts'
import type { FreezeOutcome } from '../../release/freeze.ts'
import type { Release } from '../../release/release.ts'
import { SLOTS } from '../../release/slot.ts'
import { type Accepted, type ConsoleActions, lastingVerbs } from '../verbs.ts'
import { isUnderWay } from '../view/release.ts'
import { AbortButton } from './abort-button.tsx'
import { BoardDialogs, type OpenDialog } from './board-dialogs.tsx'
import { FreezeBanner } from './freeze-banner.tsx'
import { Notice } from './notice.tsx'
import { Problems } from './problems.tsx'
import { RecentReleases } from './recent-releases.tsx'
import { ReleaseView } from './release-view.tsx'
import { seenLive } from './rollback-dialog.tsx'
import { Situation } from './situation.tsx'
import { SlotBar } from './slot-bar.tsx'
import { SlotTile } from './slot-tile.tsx'
import { SystemLine } from './system-line.tsx'
import { Track } from './track.tsx'
import { useFollowed } from './use-followed.ts'
import { useNews } from './use-news.ts'
import { useReload } from './use-reload.ts'
import { useTitle } from './use-title.ts'

export type ConsoleLinks = {
  home: string
  signIn: string
  sessionEnded: string
  history: string
  releasePrefix: string
}

type Props = {
  status: SystemStatus
  isCurrent: boolean
  /** What the verbs may do, as far as this browser knows. */
  allowed: SystemStatus['actions']
  initialHistory: readonly Release[] | null
  actions: ConsoleActions
  links: ConsoleLinks
  open: OpenDialog
  setOpen(open: OpenDialog): void
  dialogNotice: ReactNode
  refresh(): void
}

/** The dashboard with data: the situation, the slots, the release on screen, the history. */
export function Board(props: Props) {
  const { status, isCurrent, allowed, initialHistory, actions, links, open, setOpen, refresh } = props
  const verbs = useMemo(() => lastingVerbs(actions), [actions])
  const { news, tellBar, tellFreeze, tellRefusal, forget } = useNews(status)
  const followed = useFollowed(status)
  const reload = useReload(verbs)
  const close = useCallback(() => setOpen(null), [setOpen])
  const begun = useBegun()
  useTitle(status)

  function onAccepted({ release }: Accepted, isLate: boolean) {
    followed.follow(release)
    refresh()
    if (isLate) return
    forget()
    begun.show(release)
    close()
  }

  function onBarred(outcome: BarOutcome) {
    tellBar(outcome)
    refresh()
    close()
  }

  function onFrozen(outcome: FreezeOutcome) {
    tellFreeze(outcome)
    refresh()
    close()
  }

  return (
    <>
      {status.freeze !== null && (
        <FreezeBanner
          freeze={status.freeze}
          permission={allowed.freeze}
          releasePrefix={links.releasePrefix}
          onLift={() => setOpen(status.freeze && { kind: 'unfreeze', freeze: status.freeze })}
        />
      )}
      <Situation
        status={status}
        actions={allowed}
        onDeploy={() => setOpen({ kind: 'deploy' })}
        onRollback={() => setOpen({ kind: 'rollback', seen: seenLive(status) })}
      />
      {news !== null && <Notice news={news} onDismiss={forget} />}
      <Problems status={status} followed={followed.release} releasePrefix={links.releasePrefix} />
      <Slots status={status} allowed={allowed} isCurrent={isCurrent} setOpen={setOpen} />
      {followed.release !== null && (
        <ReleaseView
          key={followed.release.id}
          ref={begun.section}
          id={followed.release.id}
          initial={followed.release}
          barred={status.barred}
          onEnded={refresh}
          controls={(release) =>
            isUnderWay(release.state) && (
              <AbortButton
                permission={allowed.abort}
                section={begun.section}
                onClick={() => setOpen({ kind: 'abort', release })}
              />
            )
          }
        />
      )}
      <RecentReleases status={status} initial={initialHistory} links={links} />
      {reload.news !== null && <Notice news={reload.news} onDismiss={reload.forget} />}
      <SystemLine
        home={links.home}
        status={status}
        allowed={allowed}
        isReloading={reload.isRunning}
        onReload={() => {
          forget()
          void reload.run()
        }}
        onFreeze={() => setOpen({ kind: 'freeze' })}
      />
      <BoardDialogs
        open={open}
        status={status}
        allowed={allowed}
        verbs={verbs}
        notice={props.dialogNotice}
        onAccepted={onAccepted}
        onBarred={onBarred}
        onFrozen={onFrozen}
        onLateRefusal={tellRefusal}
        onClose={close}
      />
    </>
  )
}

type SlotsProps = Pick<Props, 'status' | 'allowed' | 'isCurrent' | 'setOpen'>

function Slots({ status, allowed, isCurrent, setOpen }: SlotsProps) {
  return (
    <section aria-label="Slots" className={isCurrent ? '' : 'grayscale'}>
      <Track live={status.routing.live} />
      <div className="grid gap-4 md:grid-cols-2">
        {SLOTS.map((slot) => (
          <SlotTile key={slot} slot={status.slots[slot]}>
            <SlotBar slot={status.slots[slot]} {...{ status, allowed, setOpen }} />
          </SlotTile>
        ))}
      </div>
    </section>
  )
}

/** Takes eye and focus to the release that the operator has just begun or stopped, once the dialog has let go of them. */
function useBegun() {
  const section = useRef<HTMLElement>(null)
  const [shown, show] = useState<Release | null>(null)
  useEffect(() => {
    if (shown === null) return
    section.current?.focus({ preventScroll: true })
    section.current?.scrollIntoView({ block: 'nearest' })
  }, [shown])
  return { section, show }
}
