'use client'
import useSWRImmutable from 'swr/immutable'
import { z } from 'zod'
import type { SetupCheck } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { postRepeatable, RequestRefused } from '../http.ts'

const PATH = '/api/ops/auth/setup-link'

/** What the one-time link with this token would be refused with; null where it is good or that can't be told now, undefined before the answer. */
export function useLinkProblem(token: string | null): ReleaseErrorBody | null | undefined {
  return useSWRImmutable(token === null || token === '' ? null : [PATH, token], askFor).data
}

async function askFor([path, token]: readonly [string, string]): Promise<ReleaseErrorBody | null> {
  try {
    await postRepeatable(z.unknown(), path, { token } satisfies SetupCheck)
    return null
  } catch (error) {
    // Whatever else is wrong is told when the form is sent.
    return error instanceof RequestRefused && error.body.code === 'setup-link' ? error.body : null
  }
}
