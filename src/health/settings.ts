import type { SlotAddress } from './read-status.ts'

export type HealthSettings = Omit<SlotAddress, 'addressOf'> & {
  /** Good answers that must come one after the other. */
  inARow: number
  intervalMs: number
  /** For all of it: starting, good answers, warm-up, console. */
  deadlineMs: number
  /** A wrong answer that lasts so long is told without waiting for the deadline. */
  wrongForMs: number
  /** Pages asked for once before visitors do, so that none of them waits for the first rendering. */
  warmUpPaths: readonly string[]
  pageTimeoutMs: number
}

export const DEFAULT_HEALTH_SETTINGS: HealthSettings = {
  port: 3000,
  probeTimeoutMs: 3_000,
  inARow: 5,
  intervalMs: 100,
  deadlineMs: 60_000,
  wrongForMs: 5_000,
  warmUpPaths: ['/'],
  pageTimeoutMs: 10_000,
}
