'use client'
import useSWR from 'swr'
import { historySchema } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import type { Release } from '../../release/release.ts'
import { getView, RequestRefused } from '../http.ts'
import { consoleUnreachable } from '../refusals.ts'

const RECENT = 8
const RETRY_MS = 3_000

/** `releases`: the newest that are known, null before the first answer. `problem`: why they may be out of date. */
export type History = { releases: readonly Release[] | null; problem: ReleaseErrorBody | null }

/** The newest releases, read again whenever `version` changes. */
export function useHistory(version: string, initial: readonly Release[] | null): History {
  const { data, error } = useSWR(
    [`/api/ops/releases?limit=${RECENT}`, version],
    ([path]) => getView(historySchema, path),
    {
      keepPreviousData: true,
      revalidateOnFocus: false,
      onErrorRetry: (_error, _key, _config, revalidate, { retryCount }) => {
        setTimeout(() => void revalidate({ retryCount }), RETRY_MS)
      },
    },
  )
  return { releases: data?.releases ?? initial, problem: problemOf(error) }
}

function problemOf(error: unknown): ReleaseErrorBody | null {
  if (error === undefined) return null
  return error instanceof RequestRefused ? error.body : consoleUnreachable()
}
