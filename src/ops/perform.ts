import 'server-only'
import { headers } from 'next/headers'
import { z } from 'zod'
import { Refusal } from '../director/refusal.ts'
import { director } from './director.ts'
import { forwardedHeaders } from './forwarded-headers.ts'
import type { Outcome } from './outcome.ts'
import { badRequest, directorUnreachable, originMissing } from './refusals.ts'

const VERB_TIMEOUT_MS = 30_000

/**
 * Sends one verb to the director as the operator who called the action. The director authorises it; what is
 * checked here only words the refusal sooner. Never throws: a server action's error loses its sentences on the way.
 */
export async function perform<Body, Answer>(
  path: string,
  answer: z.ZodType<Answer>,
  body: z.ZodType<Body>,
  input: unknown,
): Promise<Outcome<Answer>> {
  const incoming = await headers()
  if (!incoming.has('origin')) return { ok: false, error: originMissing() }
  const parsed = body.safeParse(input)
  if (!parsed.success) return { ok: false, error: badRequest(z.prettifyError(parsed.error)) }
  try {
    const value = await director().call(answer, path, {
      method: 'POST',
      headers: { ...forwardedHeaders(incoming), 'content-type': 'application/json' },
      body: JSON.stringify(parsed.data),
      signal: AbortSignal.timeout(VERB_TIMEOUT_MS),
    })
    return { ok: true, value }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: error.body }
    console.error(`ops: POST ${path}:`, error)
    return { ok: false, error: directorUnreachable() }
  }
}
