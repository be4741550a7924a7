import 'server-only'
import { headers } from 'next/headers'
import type { z } from 'zod'
import { Refusal } from '../director/refusal.ts'
import { director } from './director.ts'
import { forwardedHeaders } from './forwarded-headers.ts'
import type { Outcome } from './outcome.ts'
import { directorUnreachable } from './refusals.ts'

/** A page must come while the director hangs: the browser asks again by itself. */
const READ_TIMEOUT_MS = 1_500

/** Reads one of the director's views for a page, as the operator who asked for the page. */
export async function read<T>(
  schema: z.ZodType<T>,
  path: string,
  timeoutMs = READ_TIMEOUT_MS,
): Promise<Outcome<T>> {
  const incoming = await headers()
  try {
    const value = await director().call(schema, path, {
      headers: forwardedHeaders(withoutBody(incoming)),
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { ok: true, value }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: error.body }
    console.error(`ops: GET ${path}:`, error)
    return { ok: false, error: directorUnreachable() }
  }
}

function withoutBody(incoming: Headers): Headers {
  const kept = new Headers(incoming)
  kept.delete('content-type')
  return kept
}
