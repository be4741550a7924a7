/** Ends by itself when its time is over, and when it is disposed of. */
export type AwakeDeadline = Disposable & { signal: AbortSignal }

const TICK_MS = 50
/** A tick that comes later tells of a process that was held up, and not of time in which anybody could have answered. */
const MOST_TICKS_LATE = 3

/**
 * A deadline of `ms` of the time in which this process ran. After a pause, or on a starved machine, Node runs its timers
 * before it reads what has come meanwhile: a plain deadline then gives up an answer that is there.
 */
export function awakeDeadline(ms: number): AwakeDeadline {
  const controller = new AbortController()
  const tickMs = Math.max(1, Math.min(TICK_MS, ms / 5))
  let leftMs = ms
  let lastMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    leftMs -= Math.min(nowMs - lastMs, MOST_TICKS_LATE * tickMs)
    lastMs = nowMs
    if (leftMs > 0) return
    clearInterval(timer)
    controller.abort(new DOMException(`It took longer than ${ms} ms`, 'TimeoutError'))
  }, tickMs).unref()
  return { signal: controller.signal, [Symbol.dispose]: () => clearInterval(timer) }
}
