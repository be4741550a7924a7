import { connection } from 'next/server'
import { slotConfig } from '../../../../config/slot.ts'
import type { StatusPayload } from '../../../../release/status-payload.ts'
import { CHECKS } from '../../../../workload/checks.ts'
import { workloadState } from '../../../../workload/preload/state.cjs'
import { readStatus } from '../../../../workload/status.ts'

let running: Promise<StatusPayload> | undefined

/** Anyone may ask, so any number of questions at once costs one run of the checks. */
function sharedStatus(): Promise<StatusPayload> {
  running ??= readStatus(slotConfig(), workloadState(), CHECKS).finally(() => {
    running = undefined
  })
  return running
}

/** What this slot says of itself: 200 when operational, else 503. Next answers HEAD with the same head. */
export async function GET(): Promise<Response> {
  await connection()
  const payload = await sharedStatus()
  return Response.json(payload, {
    status: payload.status === 'operational' ? 200 : 503,
    headers: { 'cache-control': 'no-store' },
  })
}
