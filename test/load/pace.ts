import { setTimeout as delay } from 'node:timers/promises'

const TICK_MS = 2

/**
 * Calls `shoot` at a steady rate, `total` times at most, until `halt` aborts, whatever comes of the calls: a server that
 * stalls meets all that real visitors would have sent meanwhile.
 */
export async function atRate(
  ratePerSecond: number,
  total: number,
  halt: AbortSignal,
  shoot: () => void,
): Promise<void> {
  const startedMs = performance.now()
  for (let sent = 0; sent < total && !halt.aborted; ) {
    const elapsedSeconds = (performance.now() - startedMs) / 1_000
    const due = Math.min(total, Math.floor(elapsedSeconds * ratePerSecond) + 1)
    for (; sent < due; sent++) shoot()
    await delay(TICK_MS)
  }
}
