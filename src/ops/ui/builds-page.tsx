'use client'
import { Trash2 } from 'lucide-react'
import { useId, useMemo, useState } from 'react'
import type { Permission } from '../../director/protocol.ts'
import { barOn } from '../../release/bar.ts'
import type { PruneView } from '../../release/prune-view.ts'
import { type ConsoleActions, lastingVerbs } from '../verbs.ts'
import { allowedNow } from '../view/allowed-now.ts'
import { nothingToPrune, prunedSentence } from '../view/builds.ts'
import { BuildList } from './build-list.tsx'
import { BuildButton } from './kept-build/build-button.tsx'
import { DeployBuild } from './kept-build/deploy-build.tsx'
import { type News, Notice } from './notice.tsx'
import { NowProvider } from './now.tsx'
import { PruneDialog } from './prune-dialog.tsx'
import { SessionEnded } from './session-ended.tsx'
import { useBuilds } from './use-builds.ts'
import { type Seen, useStatus } from './use-status.ts'
import { VerbButton } from './verb-button.tsx'

type Props = {
  initial: PruneView
  /** Null where the director could not be asked in time. */
  initialStatus: Seen | null
  renderedAtMs: number
  actions: ConsoleActions
  releasePrefix: string
  signIn: string
}

const UNKNOWN: Permission = { allowed: false, reason: 'The director has not said yet whether it may.' }

/** Every stored build with why it stays or goes, and the button that lets those go. */
export function BuildsPage({ initial, initialStatus, renderedAtMs, actions, releasePrefix, signIn }: Props) {
  const { seen, problem, isSignedOut } = useStatus(initialStatus)
  const { view, refresh } = useBuilds(initial)
  const verbs = useMemo(() => lastingVerbs(actions), [actions])
  const [open, setOpen] = useState<PruneView | null>(null)
  const [news, setNews] = useState<News | null>(null)
  const whyNotId = useId()
  const [deploying, setDeploying] = useState<string | null>(null)
  const actionsNow = seen && allowedNow(seen.status.actions, problem, isSignedOut)
  const allowed = actionsNow?.prune
  const mayDeploy = actionsNow?.deploy ?? UNKNOWN
  const idle = nothingToPrune(view)
  const permission = idle === null ? (allowed ?? UNKNOWN) : { allowed: false, reason: idle }
  return (
    <NowProvider startMs={renderedAtMs}>
      <div className="space-y-4">
        {news !== null && <Notice news={news} onDismiss={() => setNews(null)} />}
        <div className="flex flex-col gap-3 sm:flex-row sm:items-start sm:justify-between">
          <p className="max-w-prose text-ink-muted">
            What the next pruning would do. It comes by itself: after each release, every hour, and before a
            release when the disk is short.
          </p>
          <VerbButton
            permission={permission}
            icon={<Trash2 aria-hidden="true" size={15} className="shrink-0" />}
            onClick={() => setOpen(view)}
          >
            Prune now…
          </VerbButton>
        </div>
        {!mayDeploy.allowed && (
          <p id={whyNotId} className="text-sm text-ink-muted">
            No build can be deployed now: {mayDeploy.reason}
          </p>
        )}
        <BuildList
          kept={view.kept}
          going={view.gone}
          linkOf={(release) => `${releasePrefix}${release}`}
          actionOf={({ deploymentId, image, version }) =>
            deploymentId !== null &&
            image !== null && (
              <BuildButton
                name={`Deploy ${version} (${deploymentId})…`}
                isBarred={barOn(seen?.status.barred ?? [], { deploymentId }) !== null}
                {...{ mayDeploy, whyNotId }}
                onClick={() => setDeploying(deploymentId)}
              />
            )
          }
        />
        {deploying !== null && seen !== null && (
          <DeployBuild
            build={deploying}
            seen={seen}
            permission={mayDeploy}
            verbs={verbs}
            notice={isSignedOut && <SessionEnded signIn={signIn} />}
            onBegun={(release) => window.location.assign(`${releasePrefix}${release}`)}
            onLateRefusal={(error) => setNews({ kind: 'refused', error })}
            onClose={() => setDeploying(null)}
          />
        )}
        {open !== null && (
          <PruneDialog
            view={open}
            permission={allowed ?? UNKNOWN}
            verbs={verbs}
            notice={isSignedOut && <SessionEnded signIn={signIn} />}
            onAccepted={(done) => {
              setNews({ kind: 'done', sentence: prunedSentence(done) })
              refresh()
              setOpen(null)
            }}
            onLateRefusal={(error) => setNews({ kind: 'refused', error })}
            onClose={() => setOpen(null)}
          />
        )}
      </div>
    </NowProvider>
  )
}
