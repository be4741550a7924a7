import type { z } from 'zod'
import { ReleaseError } from '../../release/errors.ts'

const BODY_CAP_BYTES = 4 * 1024

/** The body of a request, checked by `schema`. Throws `bad-request`, and reads no more than the cap. */
export async function readJson<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const result = schema.safeParse(jsonOf(await readCapped(request)))
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = issue?.path.join('.') || 'body'
  throw new ReleaseError('bad-request', {
    reason: `${path}: ${(issue?.message ?? 'wrong').replace(/\.$/, '')}`,
  })
}

async function readCapped(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > BODY_CAP_BYTES) {
      throw new ReleaseError('bad-request', { reason: `its body is longer than ${BODY_CAP_BYTES} bytes` })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ReleaseError('bad-request', { reason: 'its body is not JSON' }, { cause })
  }
}
