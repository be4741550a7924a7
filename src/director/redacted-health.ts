import type { Redact } from '../docker/redact.ts'
import { ReleaseError } from '../release/errors.ts'
import type { Health } from '../release/ports.ts'

/** What a candidate says of itself reaches logs and errors: a check may throw a whole connection string. */
export function redactedHealth(health: Health, readRedaction: () => Promise<Redact>): Health {
  return {
    probe: (slot, signal) => redacting(readRedaction, () => health.probe(slot, signal)),
    untilHealthy: (slot, expected, log, signal) =>
      redacting(readRedaction, (redact) =>
        health.untilHealthy(slot, expected, (text) => log(redact(text)), signal),
      ),
  }
}

async function redacting<T>(
  readRedaction: () => Promise<Redact>,
  work: (redact: Redact) => Promise<T>,
): Promise<T> {
  const redact = await readRedaction()
  try {
    return await work(redact)
  } catch (cause) {
    throw cause instanceof ReleaseError ? redactedError(cause, redact) : cause
  }
}

function redactedError(error: ReleaseError, redact: Redact): ReleaseError {
  const facts = Object.fromEntries(Object.entries(error.facts).map(([name, fact]) => [name, redact(fact)]))
  const detail = error.detail === null ? {} : { detail: redact(error.detail) }
  return new ReleaseError(error.code, facts, { cause: error.cause, ...detail })
}
