import type { Redact } from '../docker/redact.ts'
import { ReleaseError } from '../release/errors.ts'
import type { Health } from '../release/ports.ts'

/**
 * What a candidate says of itself reaches logs and errors: a check may throw a whole connection string. The secrets are
 * read when there is something to take them out of, since a slot is probed at every look of a console.
 */
export function redactedHealth(health: Health, readRedaction: () => Promise<Redact>): Health {
  return {
    probe: (slot, signal, withinMs) => redacting(readRedaction, () => health.probe(slot, signal, withinMs)),
    untilHealthy: async (slot, expected, log, signal) => {
      const redact = await readRedaction()
      return redacting(
        async () => redact,
        () => health.untilHealthy(slot, expected, (text) => log(redact(text)), signal),
      )
    },
  }
}

async function redacting<T>(readRedaction: () => Promise<Redact>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw cause instanceof ReleaseError ? redactedError(cause, await readRedaction()) : cause
  }
}

function redactedError(error: ReleaseError, redact: Redact): ReleaseError {
  const facts = Object.fromEntries(Object.entries(error.facts).map(([name, fact]) => [name, redact(fact)]))
  const detail = error.detail === null ? {} : { detail: redact(error.detail) }
  return new ReleaseError(error.code, facts, { cause: error.cause, ...detail })
}
