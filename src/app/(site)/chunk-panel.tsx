'use client'

import { lazy, Suspense, useState } from 'react'
import { BUTTON, Panel } from './panel.tsx'

const ChunkReport = lazy(async () => ({ default: (await import('./chunk-report.tsx')).ChunkReport }))

/** Loads its second half only when asked to, as a tab does long after the page was served. */
export function ChunkPanel({ pageBuild }: { pageBuild: string | null }) {
  const [isWanted, setIsWanted] = useState(false)
  return (
    <Panel
      title="Load a part on demand"
      lead="A chunk that this page has not fetched yet. It has its build compiled into it."
    >
      {isWanted ? (
        <Suspense fallback={<p className="text-sm text-soft">Loading…</p>}>
          <ChunkReport pageBuild={pageBuild} />
        </Suspense>
      ) : (
        <button type="button" className={BUTTON} data-testid="load-chunk" onClick={() => setIsWanted(true)}>
          Load it
        </button>
      )}
    </Panel>
  )
}
