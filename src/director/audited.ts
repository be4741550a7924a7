import { wordsOf } from '../release/messages.ts'
import type { Reserve } from '../state/reserve.ts'
import type { ApiParts } from './api.ts'

type Audit = ApiParts['audit']

/** They are for bad moments, and a disk that takes no record may be one. */
const GO_ON_UNRECORDED = ['rollback', 'abort']
/** What would fill the disk further is not worth the reserve, and would be refused after all. */
const NOT_WORTH_THE_RESERVE = ['deploy']

/**
 * `audit` for the verbs: on a full disk the reserve gives room to write down who asked for what, since some of them are the way
 * out of it. Throws what `audit` does, but for a rollback or an abort: that they could not be recorded is said on the console.
 */
export function auditedBy(audit: Audit, { spend }: Pick<Reserve, 'spend'>): Audit {
  return (entry) => {
    const { actor, verb } = entry
    try {
      if (NOT_WORTH_THE_RESERVE.includes(verb)) audit(entry)
      else spend(() => audit(entry))
    } catch (cause) {
      if (!GO_ON_UNRECORDED.includes(verb)) throw cause
      console.error(`That ${actor.name} asked for ${verb} could not be recorded: ${wordsOf(cause)}.`)
    }
  }
}
