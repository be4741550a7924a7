import { unstable_isUnrecognizedActionError } from 'next/navigation'
import type { z } from 'zod'
import { post, RequestRefused } from './http.ts'
import type { Outcome } from './outcome.ts'
import { answerLost } from './refusals.ts'

type Fallback<T> = { verb: string; path: string; answer: z.ZodType<T>; body: unknown }

/**
 * Runs a server action of this tab's build. A tab may outlive that build, and the next one does not know its
 * actions: then nothing was run, and the relay's route, which has the same address in every build, is asked instead.
 * Any other failure is not repeated: the verb may have begun.
 */
export async function act<T>(action: () => Promise<Outcome<T>>, fallback: Fallback<T>): Promise<Outcome<T>> {
  try {
    return await action()
  } catch (error) {
    if (unstable_isUnrecognizedActionError(error)) return viaRelay(fallback)
    console.error(`ops: ${fallback.verb}:`, error)
    return { ok: false, error: answerLost(fallback.verb) }
  }
}

async function viaRelay<T>({ verb, path, answer, body }: Fallback<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await post(answer, path, body) }
  } catch (error) {
    if (error instanceof RequestRefused && error.status !== 0) return { ok: false, error: error.body }
    return { ok: false, error: answerLost(verb) }
  }
}
