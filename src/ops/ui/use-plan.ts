'use client'
import { useEffect, useState } from 'react'
import type { z } from 'zod'
import { type PlanView, type planRequestSchema, planViewSchema } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { postRepeatable, RequestRefused } from '../http.ts'
import { consoleUnreachable } from '../refusals.ts'

export type PlanRequest = z.input<typeof planRequestSchema>

/** `stale`: a newer question is on its way, and `plan` still answers the one before. */
export type PlanAnswer = { plan: PlanView | null; problem: ReleaseErrorBody | null; isStale: boolean }

const TYPING_PAUSE_MS = 350
const AGAIN_MS = 4_000

/**
 * What a release would do and what preflight says of it, asked anew when the request or the routing's generation
 * changes, and every few seconds while there is no plan or it may not start. Null asks nothing.
 */
export function usePlan(request: PlanRequest | null, generation: number | null): PlanAnswer {
  const [answer, setAnswer] = useState<PlanAnswer & { key: string }>({
    plan: null,
    problem: null,
    isStale: true,
    key: '',
  })
  const body = request === null ? '' : JSON.stringify(request)
  const key = `${generation} ${body}`
  useEffect(() => {
    if (body === '') return
    const abort = new AbortController()
    let timer = setTimeout(() => void ask(), TYPING_PAUSE_MS)
    async function ask() {
      const next = await planOf(body, abort.signal)
      if (abort.signal.aborted) return
      setAnswer({ ...next, key })
      if (next.plan?.mayStart !== true) timer = setTimeout(() => void ask(), AGAIN_MS)
    }
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [body, key])
  return { plan: answer.plan, problem: answer.problem, isStale: answer.key !== key }
}

async function planOf(body: string, signal: AbortSignal): Promise<PlanAnswer> {
  try {
    const plan = await postRepeatable(planViewSchema, '/api/ops/plan', JSON.parse(body), signal)
    return { plan, problem: null, isStale: false }
  } catch (error) {
    const problem = error instanceof RequestRefused ? error.body : consoleUnreachable()
    return { plan: null, problem, isStale: false }
  }
}
