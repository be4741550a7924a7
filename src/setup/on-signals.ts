import { reasonOf } from '../release/errors.ts'
import { within } from '../release/within.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Docker ends a container within a second; one that does not answer must not keep the terminal. */
const PATIENCE_MS = 10_000

type Duty = () => Promise<void> | void

const duties: Duty[] = []
let ending: Promise<never> | null = null

/**
 * Has a signal carry out `duty` before it ends the process; of several the last one first, since it began within the
 * others. The answer takes the duty back. Once a signal has come it never resolves, so that nobody goes on with the work,
 * or tells of its failure, in a process that is ending.
 */
export function beforeSignalEnds(duty: Duty): () => Promise<void> {
  if (duties.length === 0) for (const signal of SIGNALS) process.on(signal, end)
  duties.push(duty)
  return async () => {
    if (ending !== null) return ending
    duties.splice(duties.indexOf(duty), 1)
    if (duties.length === 0) stopListening()
  }
}

/** One Ctrl-C comes twice where npm passes it on, so a further signal changes nothing; the wait is bounded anyway. */
function end(signal: NodeJS.Signals): void {
  ending ??= endBy(signal)
}

async function endBy(signal: NodeJS.Signals): Promise<never> {
  for (const duty of duties.toReversed()) await carryOut(duty)
  stopListening()
  process.kill(process.pid, signal)
  return Promise.withResolvers<never>().promise
}

/** A duty that fails must not keep the others from being done. */
async function carryOut(duty: Duty): Promise<void> {
  const late = () => new Error(`What was under way could not be ended within ${PATIENCE_MS / 1_000} s.`)
  try {
    await within(new AbortController().signal, PATIENCE_MS, async () => duty(), late)
  } catch (cause) {
    console.error(reasonOf(cause))
  }
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, end)
}
