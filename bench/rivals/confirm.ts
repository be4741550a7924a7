import { setTimeout as delay } from 'node:timers/promises'
import { IN_A_ROW } from '../../src/nginx/confirm.ts'
import { freshRequest } from '../../src/nginx/fresh-request.ts'
import type { Slot } from '../../src/release/slot.ts'
import { statusPayloadSchema } from '../../src/release/status-payload.ts'

const CONFIRM_WITHIN_MS = 10_000
const ANSWER_WITHIN_MS = 4_000
const PAUSE_MS = 20

/** The confirmation that Switchyard makes, for ways that have no generation to ask for: as many fresh connections in a row. */
export async function confirmBySlot(
  { host, httpPort }: { host: string; httpPort: number },
  expected: Slot,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(`http://${host}:${httpPort}/api/system/status`)
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONFIRM_WITHIN_MS)])
  for (let inARow = 0; inARow < IN_A_ROW; ) {
    signal.throwIfAborted()
    if (deadline.aborted) throw new Error(`The ${expected} slot did not answer through ${host} in time.`)
    if ((await slotAnswering(url, deadline)) === expected) inARow += 1
    else {
      inARow = 0
      await delay(PAUSE_MS)
    }
  }
}

/** Null where nothing sound answers, as while a proxy takes up its configuration: the deadline decides. */
async function slotAnswering(url: URL, signal: AbortSignal): Promise<Slot | null> {
  try {
    const { body } = await freshRequest(url, ANSWER_WITHIN_MS, signal)
    return statusPayloadSchema.parse(JSON.parse(body)).slot
  } catch {
    return null
  }
}
