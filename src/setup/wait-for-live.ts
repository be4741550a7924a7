import { setTimeout as pause } from 'node:timers/promises'
import type { SystemStatus } from '../director/protocol.ts'
import { SetupFailure } from './failure.ts'
import type { Progress } from './progress.ts'

const POLL_EVERY_MS = 500

/**
 * Waits until the live slot is healthy and nginx serves it, and answers with that status; at once where it is so already.
 * Throws `SetupFailure` with what was wrong last, after `deadlineMs` or when `detach` is aborted.
 */
export async function waitForLive(
  look: () => Promise<SystemStatus>,
  progress: Progress,
  { deadlineMs, detach }: { deadlineMs: number; detach: AbortSignal },
): Promise<SystemStatus> {
  const first = await look()
  if (problemOf(first) === null) return first
  return progress.step(
    'Wait until visitors are served',
    async (say) => {
      const untilMs = performance.now() + deadlineMs
      let status = first
      while (performance.now() < untilMs && !detach.aborted) {
        say(problemOf(status) ?? '')
        await pause(POLL_EVERY_MS, undefined, { signal: detach }).catch(() => undefined)
        status = await look()
        if (problemOf(status) === null) return status
      }
      throw new SetupFailure(
        `Everything was started, but visitors are not served${detach.aborted ? '' : ` after ${deadlineMs / 1_000} s`}: ${problemOf(status)}`,
        'Look at `switchyard status` and `switchyard logs SLOT`. `switchyard rollback` brings back the build before, if the standby is ready.',
      )
    },
    ({ routing }) => `the ${routing.live} slot serves them`,
  )
}

/** What keeps visitors from the live build, as a sentence; null where nothing does. */
function problemOf({ routing, slots }: SystemStatus): string | null {
  if (routing.live === null) return 'Nothing is live.'
  const { state, problem } = slots[routing.live].health
  if (state !== 'operational') return problem ?? `${routing.live} is ${state}.`
  return routing.problem
}
