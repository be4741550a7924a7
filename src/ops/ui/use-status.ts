'use client'
import useSWR from 'swr'
import { type SystemStatus, systemStatusSchema } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { getView, RequestRefused } from '../http.ts'
import { consoleUnreachable } from '../refusals.ts'

const POLL_MS = 1_500
const RETRY_MS = 2_000
const PATH = '/api/ops/status'

/** A status and when this browser got it, so that its age can be told without trusting two clocks. */
export type Seen = { status: SystemStatus; receivedAtMs: number }

export type LiveStatus = {
  seen: Seen | null
  /** Why the newest poll failed; `seen` is then the last good one. */
  problem: ReleaseErrorBody | null
  isSignedOut: boolean
  refresh(): void
}

/** Polls the director's status while the tab is visible, and keeps the last good answer. */
export function useStatus(initial: Seen | null): LiveStatus {
  const { data, error, mutate } = useSWR<Seen, unknown>(PATH, fetchStatus, {
    fallbackData: initial ?? undefined,
    refreshInterval: POLL_MS,
    refreshWhenHidden: false,
    refreshWhenOffline: true,
    dedupingInterval: POLL_MS / 2,
    // SWR's own way waits ever longer; an operator who stares at a dead console wants the first sign of life.
    onErrorRetry: (_error, _key, _config, revalidate, { retryCount }) => {
      setTimeout(() => void revalidate({ retryCount }), RETRY_MS)
    },
  })
  return {
    seen: data ?? null,
    problem: problemOf(error),
    isSignedOut: error instanceof RequestRefused && error.status === 401,
    refresh: () => void mutate(),
  }
}

async function fetchStatus(path: string): Promise<Seen> {
  const status = await getView(systemStatusSchema, path)
  return { status, receivedAtMs: Date.now() }
}

function problemOf(error: unknown): ReleaseErrorBody | null {
  if (error === undefined) return null
  return error instanceof RequestRefused ? error.body : consoleUnreachable()
}
