import { unstable_isUnrecognizedActionError as isUnrecognizedActionError } from 'next/navigation'
import { keepFields } from './kept-fields.ts'

const STORAGE_KEY = 'switchyard:reloaded'
const QUIET_MS = 60_000

/**
 * Whether an error means that this tab's build is gone: its chunk is on no server any more, or the build that answered
 * does not know the tab's server action. Loading the page anew is the cure for both.
 */
export function isStaleBuildError(error: unknown): boolean {
  if (isUnrecognizedActionError(error)) return true
  return (
    error instanceof Error && (error.name === 'ChunkLoadError' || /Failed to load chunk/.test(error.message))
  )
}

/**
 * Reloads the page, at most once a minute in a tab, so that a build whose chunk is truly missing shows its error
 * instead of reloading for ever. Answers with whether it reloads. Offline it does not: a chunk fails then too, and a
 * page that still shows something is better than the browser's own.
 */
export function reloadOnce(): boolean {
  if (!navigator.onLine) return false
  const lastMs = Number(sessionStorage.getItem(STORAGE_KEY) ?? 0)
  if (Date.now() - lastMs < QUIET_MS) return false
  sessionStorage.setItem(STORAGE_KEY, String(Date.now()))
  keepFields()
  location.reload()
  return true
}
