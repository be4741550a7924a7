import type { PruneView } from '../../release/prune-view.ts'
import { bytes } from '../../words/quantities.ts'

type Going = Pick<PruneView, 'gone' | 'logs'>

/** `2 builds and 1 log`; empty for nothing. */
export function whatGoes({ gone, logs }: Going): string {
  return [counted(gone.length, 'build'), counted(logs.length, 'log')]
    .filter((part) => part !== '')
    .join(' and ')
}

/** What pruning frees, at most: builds share layers, which stay with the last of them. */
export function freedBy({ gone }: Going): string {
  return bytes(gone.reduce((sum, build) => sum + build.bytes, 0))
}

/** What became of a pruning. */
export function prunedSentence(view: Going): string {
  const what = whatGoes(view)
  return what === '' ? 'There was nothing to remove.' : `${what} removed, up to ${freedBy(view)} freed.`
}

/** Why there is nothing to prune, or null. */
export function nothingToPrune(view: Going): string | null {
  return whatGoes(view) === '' ? 'Nothing is to go now.' : null
}

function counted(count: number, thing: string): string {
  return count === 0 ? '' : `${count} ${thing}${count === 1 ? '' : 's'}`
}
