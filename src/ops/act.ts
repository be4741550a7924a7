import { unstable_isUnrecognizedActionError } from 'next/navigation'
import type { z } from 'zod'
import { post, RequestRefused } from './http.ts'
import { viaOtherSlot } from './other-slot.ts'
import type { Outcome } from './outcome.ts'
import { settlesWithin } from './patience.ts'
import { answerLost } from './refusals.ts'

type Fallback<T> = {
  verb: string
  path: string
  answer: z.ZodType<T>
  body: unknown
  /** The second time does nothing, or is refused since the body says what the verb was decided on. */
  isRepeatable?: boolean
}

/** nginx gives a page's own verb to the slot of that page, and a slot that hangs takes it and never answers. */
const PATIENCE_MS = 4_000
/** 502 and 504 are nginx's own: the verb was sent, and what became of it is not known. */
const LOST_STATUSES: readonly number[] = [0, 502, 504]

/** Next runs the actions of a tab one after the other, so one that hangs holds up those behind it. */
let unanswered = 0

/**
 * Runs a server action of this tab's build. A tab may outlive that build, and the next one does not know its
 * actions: then nothing was run, and the relay's route, which has the same address in every build, is asked instead.
 * Where the answer is late or lost a verb may have begun: only one that can be repeated is sent by the other slot.
 */
export async function act<T>(action: () => Promise<Outcome<T>>, fallback: Fallback<T>): Promise<Outcome<T>> {
  const lost = { ok: false, error: answerLost(fallback.verb) } as const
  const { isRepeatable = false, path } = fallback
  const first = unanswered > 0 ? viaRelay(fallback) : viaAction(action, fallback)
  const repeated = (): Promise<Outcome<T> | null> => viaRelay({ ...fallback, path: viaOtherSlot(path) })
  if (!isRepeatable) return (await first) ?? lost
  if (await settlesWithin(first, PATIENCE_MS)) return (await first) ?? (await repeated()) ?? lost
  const second = await repeated()
  if (second?.ok) return second
  // Refused, maybe because the verb had begun by the first way, which was only slow.
  const late = (await settlesWithin(first, PATIENCE_MS)) ? await first : null
  return (late?.ok ? late : second) ?? late ?? lost
}

/** Null where the answer was lost. */
async function viaAction<T>(
  action: () => Promise<Outcome<T>>,
  fallback: Fallback<T>,
): Promise<Outcome<T> | null> {
  unanswered += 1
  try {
    return await action()
  } catch (error) {
    if (unstable_isUnrecognizedActionError(error)) return viaRelay(fallback)
    console.error(`ops: ${fallback.verb}:`, error)
    return null
  } finally {
    unanswered -= 1
  }
}

/** Null where the answer was lost. */
async function viaRelay<T>({ path, answer, body }: Fallback<T>): Promise<Outcome<T> | null> {
  try {
    return { ok: true, value: await post(answer, path, body) }
  } catch (error) {
    if (!(error instanceof RequestRefused) || LOST_STATUSES.includes(error.status)) return null
    return { ok: false, error: error.body }
  }
}
