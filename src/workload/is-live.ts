import { workloadState } from './preload/state.cjs'

/**
 * Whether this slot is the live one now: ask before each piece of work that must not be done twice (timers, queues, cron).
 * Of the two slots one at most is live at any moment. A slot that was told to stop is not live any more; on a developer's
 * machine, where there is one process, it is. One read of a symlink, so it may be asked at any time.
 */
export function isLive(): boolean {
  return workloadState().live.isLive()
}

/**
 * Calls `listener` within half a second whenever this slot has become live or ceased to be, until the signal aborts. Not for
 * what is now: that `isLive` tells.
 */
export function onLiveChange(listener: (isLive: boolean) => void, signal?: AbortSignal): void {
  if (signal?.aborted) return
  const end = workloadState().live.onChange(listener)
  signal?.addEventListener('abort', end, { once: true })
}

/**
 * Runs `work` whenever this slot is live, now or later, with a signal that aborts within half a second of when it ceases to
 * be. What `work` throws is printed; it is not begun again before the slot is live anew.
 */
export function whileLive(work: (signal: AbortSignal) => void | Promise<void>): void {
  let stop: AbortController | null = null
  const follow = (isNow: boolean): void => {
    stop?.abort()
    stop = isNow ? new AbortController() : null
    if (stop) void run(work, stop.signal)
  }
  onLiveChange(follow)
  if (isLive()) follow(true)
}

async function run(work: (signal: AbortSignal) => void | Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await work(signal)
  } catch (cause) {
    if (!signal.aborted) console.error('Work of the live slot failed:', cause)
  }
}
