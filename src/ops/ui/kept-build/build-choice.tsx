'use client'
import { useId } from 'react'
import useSWR from 'swr'
import { type PruneView, pruneViewSchema } from '../../../release/prune-view.ts'
import { getView } from '../../http.ts'

const fetchBuilds = (path: string): Promise<PruneView> => getView(pruneViewSchema, path)

/** One of the builds that are kept, by its deployment id; the newest comes first. */
export function BuildChoice({ value, onChange }: { value: string; onChange(build: string): void }) {
  const id = useId()
  const { data, error } = useSWR<PruneView, unknown>('/api/ops/builds', fetchBuilds)
  const builds = data?.kept.flatMap(({ image, deploymentId, version }) =>
    image === null || deploymentId === null ? [] : [{ deploymentId, version }],
  )
  const isListed = builds?.some(({ deploymentId }) => deploymentId === value) === true
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        Kept build
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-describedby={`${id}-hint`}
        className="h-9 w-full min-w-0 rounded-md border border-line-strong bg-surface px-2.5 text-sm"
      >
        <option value="">{builds === undefined && error === undefined ? 'Being listed…' : 'Choose…'}</option>
        {value !== '' && !isListed && <option value={value}>{value}</option>}
        {builds?.map(({ deploymentId, version }) => (
          <option key={deploymentId} value={deploymentId}>
            {version} ({deploymentId})
          </option>
        ))}
      </select>
      <Hint id={`${id}-hint`} count={builds?.length ?? null} isLost={error !== undefined} />
    </div>
  )
}

/** `count`: null before the first list. */
function Hint({ id, count, isLost }: { id: string; count: number | null; isLost: boolean }) {
  if (isLost && count === null) {
    return (
      <p id={id} role="alert" className="mt-1 text-xs font-medium text-bad">
        The kept builds could not be listed. This tries again by itself.
      </p>
    )
  }
  return (
    <p id={id} className="mt-1 text-xs text-ink-muted">
      {count === 0
        ? 'No build is kept with its image yet. Deploy from another source.'
        : 'Nothing is built: the image of this build is started with app.env as it is now. The live build may be chosen too.'}
    </p>
  )
}
