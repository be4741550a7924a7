import { type SlotConfig, slotConfig } from '../config/slot.ts'
import { takeBackgroundWork } from './background.ts'
import { drainOnSigterm } from './drain.ts'
import { countInFlight } from './in-flight.ts'
import { workloadState } from './state.ts'

/** Below the 30 s that compose gives a slot before it is killed. */
const DRAIN_CAP_MS = 25_000

/** Prepares this process to be a slot. Ends it when its environment is wrong: Next would stay up and answer 500. */
export function startWorkload(): void {
  const state = workloadState()
  if (state.isStarted) return
  const { endsProcess } = checkedConfig()
  countInFlight(state)
  if (endsProcess) takeBackgroundWork(state)
  drainOnSigterm(state, { capMs: DRAIN_CAP_MS, endsProcess })
  state.isStarted = true
}

function checkedConfig(): SlotConfig {
  try {
    return slotConfig()
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause)
    process.exit(1)
  }
}
