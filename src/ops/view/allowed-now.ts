import type { SystemStatus } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { isDirectorUnreachable } from '../refusals.ts'

/** A poll without an answer says nothing about the verbs: they keep what was last known, and the director decides. */
export function allowedNow(
  actions: SystemStatus['actions'],
  problem: ReleaseErrorBody | null,
  isSignedOut: boolean,
): SystemStatus['actions'] {
  if (isSignedOut) return noneFor('Your session has ended.')
  if (problem !== null && isDirectorUnreachable(problem)) return noneFor('The director does not answer.')
  return actions
}

function noneFor(reason: string): SystemStatus['actions'] {
  const off = { allowed: false, reason }
  return {
    ...{ deploy: off, deployByMachine: off, rollback: off, abort: off },
    ...{ reload: off, bar: off, freeze: off, prune: off },
  }
}
