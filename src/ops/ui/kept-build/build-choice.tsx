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
  const builds = (data?.kept ?? []).filter(({ image }) => image !== null)
  const isListed = builds.some(({ deploymentId }) => deploymentId === value)
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
        className="h-9 w-full rounded-md border border-line-strong bg-surface px-2.5 text-sm"
      >
        <option value="">Choose…</option>
        {value !== '' && !isListed && <option value={value}>{value}</option>}
        {builds.map(({ deploymentId, version }) =>
          deploymentId === null ? null : (
            <option key={deploymentId} value={deploymentId}>
              {version} ({deploymentId})
            </option>
          ),
        )}
      </select>
      <p id={`${id}-hint`} className="mt-1 text-xs text-ink-muted">
        {error === undefined
          ? 'Nothing is built: its image is started with app.env as it is now, the live build too.'
          : 'The kept builds could not be listed. Close this and try again.'}
      </p>
    </div>
  )
}
