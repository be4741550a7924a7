import { builtAs } from '../config/built-as.ts'
import { keepFields } from './kept-fields.ts'
import { inTab } from './tab-storage.ts'

const STORAGE_KEY = 'switchyard:reloaded'
const QUIET_MS = 60_000

/**
 * Reloads the page, at most once a minute for one build in a tab, so that a build whose chunk is truly missing shows its
 * error instead of reloading for ever. A tab that has got another build since may do so again: releases can follow each
 * other faster than that. Answers with whether it reloads. Offline it does not: a chunk fails then too, and a
 * page that still shows something is better than the browser's own. Nor does it where the tab cannot note that it did.
 */
export function reloadOnce(): boolean {
  if (!navigator.onLine || inTab(noteReload) !== true) return false
  keepFields()
  location.reload()
  return true
}

/** False where the last one is too short a time ago, and was this build's or nobody knows whose. */
function noteReload(storage: Storage): boolean {
  const [lastMs = 0, build = builtAs] = storage.getItem(STORAGE_KEY)?.split(' ') ?? []
  if (Date.now() - Number(lastMs) < QUIET_MS && build === builtAs) return false
  storage.setItem(STORAGE_KEY, `${Date.now()} ${builtAs}`)
  return true
}
