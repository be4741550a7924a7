'use client'

import { useEffect, useState } from 'react'
import { reloadOnce } from '../../workload/reload-once.ts'
import { isStaleBuildError } from '../../workload/stale-build.ts'
import { PageHead } from './page-head.tsx'
import { BUTTON } from './panel.tsx'

export default function SiteError({ error, retry }: { error: unknown; retry: () => void }) {
  const [isReloading, setIsReloading] = useState(() => isStaleBuildError(error))
  useEffect(() => {
    if (isStaleBuildError(error) && !reloadOnce()) setIsReloading(false)
  }, [error])
  if (isReloading) return <p className="text-soft">A newer release is live; loading the page anew…</p>
  return (
    <>
      <PageHead title="This page failed" lead={whereToLook(error)} />
      <button type="button" className={BUTTON} onClick={() => retry()}>
        Try again
      </button>
    </>
  )
}

/** The digest finds the error in the slot's log; its message stays there. */
function whereToLook(error: unknown): string {
  const hasDigest = error instanceof Error && 'digest' in error && typeof error.digest === 'string'
  const where = hasDigest ? ` The slot’s log has the cause under ${error.digest}.` : ''
  return `Something went wrong while it was put together.${where}`
}
