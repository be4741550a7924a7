'use client'
import useSWR from 'swr'
import { historySchema } from '../../director/protocol.ts'
import type { Release } from '../../release/release.ts'
import { getView } from '../http.ts'

const RECENT = 8

/** The newest releases, read again whenever `version` changes; null until the first answer. */
export function useHistory(version: string, initial: readonly Release[] | null): readonly Release[] | null {
  const { data } = useSWR(
    [`/api/ops/releases?limit=${RECENT}`, version],
    ([path]) => getView(historySchema, path),
    { keepPreviousData: true, revalidateOnFocus: false, shouldRetryOnError: true },
  )
  return data?.releases ?? initial
}
