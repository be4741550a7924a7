import { slotConfig } from '../config/slot.ts'
import type { Slot } from '../release/slot.ts'
import { workloadState } from './preload/state.cjs'

/** Which build, slot and process made an answer. Read it in dynamic code only: a static page would keep the build's own. */
export type ServedBy = {
  slot: Slot
  release: number
  version: string
  revision: string | null
  deploymentId: string | null
  /** ISO 8601, UTC: when this process began. */
  startedAt: string
  uptimeMs: number
}

export function servedBy(): ServedBy {
  const { slot, release, version, revision, deploymentId } = slotConfig()
  const { startedAtMs } = workloadState()
  const startedAt = new Date(startedAtMs).toISOString()
  return { slot, release, version, revision, deploymentId, startedAt, uptimeMs: Date.now() - startedAtMs }
}
