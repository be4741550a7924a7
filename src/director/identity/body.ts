import type { z } from 'zod'
import { ReleaseError } from '../../release/errors.ts'
import { readCapped } from '../intake/body.ts'

const BODY_CAP_BYTES = 4 * 1024

/** The body of a request, checked by `schema`. Throws `bad-request` and `too-large`, and reads no more than the cap. */
export async function readJson<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const result = schema.safeParse(jsonOf(await readCapped(request, BODY_CAP_BYTES)))
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = issue?.path.join('.') || 'body'
  throw new ReleaseError('bad-request', {
    reason: `${path}: ${(issue?.message ?? 'wrong').replace(/\.$/, '')}`,
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ReleaseError('bad-request', { reason: 'its body is not JSON' }, { cause })
  }
}
