import { keepFields } from './kept-fields.ts'
import { inTab } from './tab-storage.ts'

const STORAGE_KEY = 'switchyard:reloaded'
const QUIET_MS = 60_000

/**
 * Reloads the page, at most once a minute in a tab, so that a build whose chunk is truly missing shows its error
 * instead of reloading for ever. Answers with whether it reloads. Offline it does not: a chunk fails then too, and a
 * page that still shows something is better than the browser's own. Nor does it where the tab cannot note that it did.
 */
export function reloadOnce(): boolean {
  if (!navigator.onLine || inTab(noteReload) !== true) return false
  keepFields()
  location.reload()
  return true
}

/** False where the last one is too short a time ago. */
function noteReload(storage: Storage): boolean {
  const lastMs = Number(storage.getItem(STORAGE_KEY) ?? 0)
  if (Date.now() - lastMs < QUIET_MS) return false
  storage.setItem(STORAGE_KEY, String(Date.now()))
  return true
}
