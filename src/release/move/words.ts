import type { Confirmation } from '../ports.ts'
import type { Release } from '../release.ts'

/** What is told of a move that was not answered well five times in a row: the step's line, and what stands with the release. */
export function confirmationWords(
  { sight, missing }: Confirmation,
  { slot, from }: Pick<Release, 'slot' | 'from'>,
  generation: number,
): { detail: string; sentence: string } {
  const isLate = sight === 'nginx-late'
  const detail = isLate
    ? `not confirmed: ${missing}; on the disk it is generation ${generation}`
    : `nginx serves generation ${generation}; ${missing}`
  const fact = isLate
    ? `Generation ${generation} is on the disk and leads visitors to ${slot}, but ${missing}: it runs, and is short of processor time.`
    : `nginx serves generation ${generation}, so visitors are at ${slot}; ${missing}.`
  const former = from === null || sight === 'slow' ? '' : ` ${from} is no better, so they stay there.`
  const next = isLate
    ? ' `switchyard status` says when nginx serves it.'
    : ' Look at the load of this machine and at the log of the slot.'
  return { detail, sentence: `${fact}${former}${next}` }
}
