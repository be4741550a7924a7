import { busyWords } from '../setup/under-lock.ts'
import type { Seen } from './seen.ts'

/** Who is at work meanwhile, so that what a release changes was not looked at; null where nobody is. */
export function holdsLock({ lock }: Pick<Seen, 'lock'>): string | null {
  if (!lock.isHeld) return null
  return `${busyWords(lock.written)}: what a release changes was not looked at. Run the doctor again after it.`
}
