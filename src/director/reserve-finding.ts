import prettyBytes from 'pretty-bytes'
import type { PreflightFindings } from '../release/ports.ts'
import type { Reserve } from '../state/reserve.ts'

/** Says that the reserve is not whole; null where it is. */
export function reserveFinding(reserve: Pick<Reserve, 'left'>): PreflightFindings[number] | null {
  const { bytes, wholeBytes } = reserve.left()
  if (bytes >= wholeBytes) return null
  const size = (count: number): string => prettyBytes(count, { binary: true })
  return {
    name: 'reserve',
    outcome: 'warning',
    sentence: `Of the ${size(wholeBytes)} that are put by in state/reserve, to record and to recover when the disk is full, ${size(bytes)} are left; it is made whole when there is room.`,
  }
}
