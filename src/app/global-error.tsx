'use client'

import './fallback.css'
import { useEffect } from 'react'
import { reloadOnce } from '../workload/reload-once.ts'
import { isStaleBuildError } from '../workload/stale-build.ts'

/** For an error in a root layout itself. */
export default function GlobalError({ error, retry }: { error: unknown; retry: () => void }) {
  useEffect(() => {
    if (isStaleBuildError(error)) reloadOnce()
  }, [error])
  return (
    <html lang="en">
      <body className="fallback">
        <title>Something went wrong</title>
        <h1>This page failed</h1>
        <p>Something went wrong while it was put together. The slot’s log has the cause.</p>
        <button type="button" onClick={() => retry()}>
          Try again
        </button>
      </body>
    </html>
  )
}
