'use client'
import { useEffect, useState } from 'react'
import type { z } from 'zod'
import { type PlanView, type planRequestSchema, planViewSchema } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { post, RequestRefused } from '../http.ts'
import { consoleUnreachable } from '../refusals.ts'

export type PlanRequest = z.input<typeof planRequestSchema>

/** `stale`: a newer question is on its way, and `plan` still answers the one before. */
export type PlanAnswer = { plan: PlanView | null; problem: ReleaseErrorBody | null; isStale: boolean }

const TYPING_PAUSE_MS = 350

/** What a release would do and what preflight says of it, asked anew when the request changes. Null asks nothing. */
export function usePlan(request: PlanRequest | null): PlanAnswer {
  const [answer, setAnswer] = useState<PlanAnswer & { key: string }>({
    plan: null,
    problem: null,
    isStale: true,
    key: '',
  })
  const key = request === null ? '' : JSON.stringify(request)
  useEffect(() => {
    if (key === '') return
    const abort = new AbortController()
    const timer = setTimeout(() => void ask(), TYPING_PAUSE_MS)
    async function ask() {
      const next = await planOf(key, abort.signal)
      if (!abort.signal.aborted) setAnswer({ ...next, key })
    }
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [key])
  return { plan: answer.plan, problem: answer.problem, isStale: answer.key !== key }
}

async function planOf(key: string, signal: AbortSignal): Promise<PlanAnswer> {
  try {
    const plan = await post(planViewSchema, '/api/ops/plan', JSON.parse(key), signal)
    return { plan, problem: null, isStale: false }
  } catch (error) {
    const problem = error instanceof RequestRefused ? error.body : consoleUnreachable()
    return { plan: null, problem, isStale: false }
  }
}
