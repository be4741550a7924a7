import { seldom } from './seldom.ts'

const EVERY_MS = 10_000

let latest: unknown = null

const faults = seldom((times) => {
  console.error(latest)
  if (times > 1) console.error(`${times} requests ended in a fault since one was last shown.`)
}, EVERY_MS)

/** Shows what nobody expected in the director's log. Whoever finds a way to cause it may do so as often as they like. */
export function tellFault(cause: unknown): void {
  latest = cause
  faults.happened()
}
