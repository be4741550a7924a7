'use client'
import useSWR from 'swr'
import { type SystemStatus, systemStatusSchema } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { SLOTS } from '../../release/slot.ts'
import { getView, RequestRefused } from '../http.ts'
import { consoleUnreachable } from '../refusals.ts'

const POLL_MS = 1_500
/** Each look costs the director some 15 ms of CPU. What this console does itself is shown at once all the same. */
const POLL_AT_REST_MS = 3_000
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
    refreshInterval: pollMs,
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

/** Of one identity for good: SWR begins its wait anew whenever it is given another function. */
function pollMs(seen: Seen | undefined): number {
  return seen && isAtRest(seen.status) ? POLL_AT_REST_MS : POLL_MS
}

function isAtRest({ running, holder, slots, routing }: SystemStatus): boolean {
  // A tile that lacks its cpu and memory gets them at the next look.
  const areWell = SLOTS.every((slot) => slots[slot].health.state === 'operational' && slots[slot].cpu)
  return running === null && holder === null && areWell && routing.problem === null
}

async function fetchStatus(path: string): Promise<Seen> {
  const status = await getView(systemStatusSchema, path)
  return { status, receivedAtMs: Date.now() }
}

function problemOf(error: unknown): ReleaseErrorBody | null {
  if (error === undefined) return null
  return error instanceof RequestRefused ? error.body : consoleUnreachable()
}
