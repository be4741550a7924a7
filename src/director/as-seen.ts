import { ReleaseError } from '../release/errors.ts'
import type { AbortRequest, RollbackRequest } from './protocol.ts'

/** A rollback that was decided on while another release was live would bring back what nobody meant. Throws `live-changed`. */
export function mustStillBeLive({ from }: RollbackRequest, live: number | null): void {
  if (from === undefined || from === live) return
  throw new ReleaseError('live-changed', {
    seen: String(from),
    ...(live === null ? {} : { live: String(live) }),
  })
}

/** Nobody means to stop a release that began while they looked at another. Throws `not-running`. */
export function mustBeUnderWay({ release }: AbortRequest, running: number): void {
  if (release === undefined || release === running) return
  throw new ReleaseError('not-running', { asked: String(release), running: String(running) })
}
