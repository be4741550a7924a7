import type { FreezeOutcome } from '../release/freeze.ts'
import type { Freezes } from '../release/ports.ts'
import type { Actor } from '../release/release.ts'
import type { FreezeRequest } from './protocol.ts'

export type Freezing = {
  freeze(request: FreezeRequest, actor: Actor): FreezeOutcome
  lift(actor: Actor): FreezeOutcome
}

/** Keeps machines from deploying, or lets them do it again. `running` is the release under way, which goes on. */
export function freezing(freezes: Freezes, running: () => number | null): Freezing {
  const outcome = (isChange: boolean): FreezeOutcome => ({
    freeze: freezes.inForce(),
    isChange,
    running: running(),
  })
  return {
    freeze: ({ reason }, actor) => {
      freezes.freeze(reason, actor)
      return outcome(true)
    },
    lift: (actor) => {
      const isChange = freezes.inForce() !== null
      if (isChange) freezes.lift(actor)
      return outcome(isChange)
    },
  }
}
