import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 50

/** Asks `look` again and again until it answers with something. Fails with `what` and the last error after `deadlineMs`. */
export async function until<T>(
  what: string,
  deadlineMs: number,
  look: () => Promise<T | null>,
  pollMs = POLL_MS,
): Promise<T> {
  const endMs = performance.now() + deadlineMs
  let lastError: unknown
  while (performance.now() < endMs) {
    try {
      const seen = await look()
      if (seen !== null) return seen
    } catch (cause) {
      lastError = cause
    }
    await delay(pollMs)
  }
  throw new Error(`It never came that ${what}.`, { cause: lastError })
}
