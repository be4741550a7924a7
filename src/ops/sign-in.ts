import { z } from 'zod'
import type { credentialsSchema } from '../director/protocol.ts'
import type { ReleaseErrorBody } from '../release/errors.ts'
import { postRepeatable, RequestRefused } from './http.ts'
import { consoleUnreachable } from './refusals.ts'

/** Signs in by HTTP, never by a server action: only there attempts are limited. Null when it worked. */
export async function signIn(
  credentials: z.infer<typeof credentialsSchema>,
): Promise<ReleaseErrorBody | null> {
  try {
    await postRepeatable(z.unknown(), '/api/ops/auth/sign-in/email', credentials)
    return null
  } catch (error) {
    return error instanceof RequestRefused ? error.body : consoleUnreachable()
  }
}
