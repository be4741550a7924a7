'use client'
import type { SystemStatus } from '../../director/protocol.ts'
import type { Release } from '../../release/release.ts'
import type { ConsoleLinks } from './board.tsx'
import { EmptyHistory } from './empty-history.tsx'
import { Refusal } from './refusal.tsx'
import { ReleaseList } from './release-list.tsx'
import { ListSkeleton } from './skeleton.tsx'
import { type History, useHistory } from './use-history.ts'
import { Warning } from './warning.tsx'

type Props = { status: SystemStatus; initial: readonly Release[] | null; links: ConsoleLinks }

/** The newest releases, kept up with the status. */
export function RecentReleases({ status, initial, links }: Props) {
  const history = useHistory(versionOf(status), initial)
  return (
    <section aria-labelledby="history" className="space-y-2">
      <div className="flex items-baseline justify-between gap-4">
        <h2 id="history" className="text-lg font-semibold tracking-tight">
          Releases
        </h2>
        <a
          href={links.history}
          className="text-sm text-ink-muted underline underline-offset-2 hover:text-ink"
        >
          All releases
        </a>
      </div>
      <Listed history={history} barred={status.barred} releasePrefix={links.releasePrefix} />
    </section>
  )
}

function Listed({
  history: { releases, problem },
  barred,
  releasePrefix,
}: {
  history: History
  barred: SystemStatus['barred']
  releasePrefix: string
}) {
  if (releases === null) return problem === null ? <ListSkeleton /> : <Refusal error={problem} />
  return (
    <>
      {problem !== null && <Warning>The newest releases could not be read; this list may be old.</Warning>}
      <ReleaseList
        releases={releases}
        barred={barred}
        linkOf={({ id }) => `${releasePrefix}${id}`}
        empty={<EmptyHistory />}
      />
    </>
  )
}

/** Changes whenever the list would: a release begins, moves on, or ends. */
function versionOf({ running, last }: SystemStatus): string {
  return [running?.id, running?.state, running?.build?.version, last?.id, last?.state].join(' ')
}
