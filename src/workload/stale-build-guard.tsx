'use client'

import { useEffect, useState } from 'react'
import { KEPT_FIELDS, watchForms } from './kept-fields.ts'
import { reloadOnce } from './reload-once.ts'
import { RenewedNotice } from './renewed-notice.tsx'
import type { Restored } from './restore-fields.ts'
import { isStaleBuildError } from './stale-build.ts'
import { inTab } from './tab-storage.ts'

/**
 * Catches what no error boundary sees: a chunk or an action that fails in an event handler. Put it in each root layout.
 * After the reload it writes back what the visitor had written.
 */
export function StaleBuildGuard() {
  const [restored, setRestored] = useState<Restored | null>(null)
  useEffect(() => {
    const end = new AbortController()
    const { signal } = end
    const onError = (event: ErrorEvent) => {
      if (isStaleBuildError(event.error)) reloadOnce()
    }
    const onRejection = (event: PromiseRejectionEvent) => {
      if (isStaleBuildError(event.reason)) reloadOnce()
    }
    addEventListener('error', onError, { signal })
    addEventListener('unhandledrejection', onRejection, { signal })
    addEventListener('submit', () => setRestored(null), { signal })
    const unwatch = watchForms()
    if (inTab((storage) => storage.getItem(KEPT_FIELDS)) !== null) void restore(signal, setRestored)
    return () => {
      end.abort()
      unwatch()
    }
  }, [])
  return <RenewedNotice restored={restored} onClose={() => setRestored(null)} />
}

/** Loaded only after such a reload: no other page pays for it. */
async function restore(signal: AbortSignal, show: (restored: Restored | null) => void): Promise<void> {
  const { restoreFields } = await import('./restore-fields.ts')
  const restored = await restoreFields(signal)
  if (!signal.aborted) show(restored)
}
