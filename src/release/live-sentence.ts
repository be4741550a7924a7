import type { Journal } from './ports.ts'

/** What visitors get now, in one sentence. Every error carries it: at 3 a.m. it is the first question. */
export function liveSentence(journal: Pick<Journal, 'newestLive'>): string {
  const live = journal.newestLive()
  if (!live?.build) return 'Nothing is live yet.'
  return `Visitors get ${live.build.version} from the ${live.slot} slot, as before.`
}
