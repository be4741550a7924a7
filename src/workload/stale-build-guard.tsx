'use client'

import { useEffect } from 'react'
import { isStaleBuildError, reloadOnce } from './stale-build.ts'

/** Catches what no error boundary sees: a chunk or an action that fails in an event handler. Put it in each root layout. */
export function StaleBuildGuard() {
  useEffect(() => {
    const onError = (event: ErrorEvent) => {
      if (isStaleBuildError(event.error)) reloadOnce()
    }
    const onRejection = (event: PromiseRejectionEvent) => {
      if (isStaleBuildError(event.reason)) reloadOnce()
    }
    addEventListener('error', onError)
    addEventListener('unhandledrejection', onRejection)
    return () => {
      removeEventListener('error', onError)
      removeEventListener('unhandledrejection', onRejection)
    }
  }, [])
  return null
}
