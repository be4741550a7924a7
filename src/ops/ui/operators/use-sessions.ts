'use client'
import useSWR from 'swr'
import {
  type OperatorView,
  operatorsSchema,
  type SessionView,
  sessionsSchema,
} from '../../../director/operators-protocol.ts'
import { getView, RequestRefused } from '../../http.ts'

const REFRESH_MS = 10_000

export type Access = { operators: OperatorView[]; sessions: SessionView[] }

/** `isOld`: the newest look failed, so sessions may have come or gone since. */
type Known = { access: Access; isSignedOut: boolean; isOld: boolean; refresh(): void }

/** Who may sign in and who has: as the page brought it, and anew every ten seconds and when asked to. A failed look keeps the last one. */
export function useAccess(initial: Access): Known {
  const { data, error, mutate } = useSWR<Access, unknown>('/api/ops/sessions', fetchAccess, {
    fallbackData: initial,
    refreshInterval: REFRESH_MS,
    refreshWhenHidden: false,
    revalidateOnMount: false,
  })
  const isSignedOut = error instanceof RequestRefused && error.status === 401
  return {
    access: data ?? initial,
    isSignedOut,
    isOld: error !== undefined && !isSignedOut,
    refresh: () => void mutate(),
  }
}

async function fetchAccess(path: string): Promise<Access> {
  const [{ sessions }, { operators }] = await Promise.all([
    getView(sessionsSchema, path),
    getView(operatorsSchema, '/api/ops/operators'),
  ])
  return { sessions, operators }
}
