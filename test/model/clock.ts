/**
 * Time that passes only where somebody waits for it, so that a drain of ten seconds costs none.
 * `substitutes.ts` gives it to the code under test in place of Node's own.
 */
type Deadline = { atMs: number; controller: AbortController }

let nowMs = 0
let deadlines: Deadline[] = []

export const now = (): number => nowMs

/** Lets `ms` pass: the deadlines that lie within it are over. */
export function pass(ms: number): void {
  nowMs += Math.max(0, ms)
  if (!deadlines.some(({ atMs }) => atMs <= nowMs)) return
  const due = deadlines.filter(({ atMs }) => atMs <= nowMs)
  deadlines = deadlines.filter(({ atMs }) => atMs > nowMs)
  for (const { controller } of due) controller.abort(new DOMException('It took too long', 'TimeoutError'))
}

export function deadlineIn(ms: number): AbortSignal {
  const controller = new AbortController()
  deadlines.push({ atMs: nowMs + ms, controller })
  return controller.signal
}

/** Before each run, so that one does not depend on another. */
export function startClock(): void {
  nowMs = 0
  deadlines = []
}
