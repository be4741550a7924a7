import type { SlotConfig } from '../config/slot.ts'
import { type StatusPayload, waitedFor } from '../release/status-payload.ts'
import type { Check } from './checks.ts'
import { inFlightNow } from './preload/in-flight.cjs'
import type { WorkloadState } from './preload/state.cjs'
import { runChecks } from './run-checks.ts'

/** Below the three seconds that a probe waits for the whole answer. */
const CHECK_DEADLINE_MS = 2_000

/** What this slot says of itself now. Runs every check; never throws. */
export async function readStatus(
  config: SlotConfig,
  state: WorkloadState,
  checks: readonly Check[],
): Promise<StatusPayload> {
  const results = await runChecks(checks, CHECK_DEADLINE_MS)
  const areAllOk = Object.values(results).every((result) => result.ok)
  if (areAllOk) state.hasBeenReady = true
  const inFlightByKind = inFlightNow(state)
  return {
    status: statusOf(state, areAllOk),
    timestamp: new Date().toISOString(),
    version: config.version,
    slot: config.slot,
    release: config.release,
    deploymentId: config.deploymentId,
    uptimeSeconds: Math.round((Date.now() - state.startedAtMs) / 100) / 10,
    inFlight: waitedFor(inFlightByKind),
    inFlightByKind,
    checks: results,
  }
}

function statusOf(state: WorkloadState, areAllOk: boolean): StatusPayload['status'] {
  if (state.stop.signal.aborted) return 'draining'
  if (!state.hasBeenReady) return 'starting'
  return areAllOk ? 'operational' : 'degraded'
}
