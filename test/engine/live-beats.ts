import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { SLOTS, type Slot } from '../../src/release/slot.ts'

/** When one process of a slot took itself for the live one, on the machine's clock. */
type Reign = { slot: Slot; pid: string; fromMs: number; toMs: number }

const answerSchema = z.object({
  pid: z.string(),
  reigns: z.array(z.object({ fromMs: z.number(), toMs: z.number() })),
})

const ASK_EVERY_MS = 50
const ASK_WITHIN_MS = 1_000

/**
 * Asks both slots for when they were live while `during` runs, and answers with what they said of that time, in order. A slot that is killed
 * has said it up to that.
 */
export async function liveBeats(
  ports: Readonly<Record<Slot, number>>,
  during: () => Promise<void>,
): Promise<Reign[]> {
  const startedMs = Date.now()
  const known = new Map<string, Reign>()
  const end = new AbortController()
  const asking = SLOTS.map(async (slot) => {
    while (!end.signal.aborted) {
      await ask(slot, ports[slot], known)
      await delay(ASK_EVERY_MS)
    }
  })
  try {
    await during()
  } finally {
    end.abort()
    await Promise.all(asking)
  }
  const since = [...known.values()].filter(({ toMs }) => toMs >= startedMs)
  return since.toSorted((a, b) => a.fromMs - b.fromMs)
}

async function ask(slot: Slot, port: number, known: Map<string, Reign>): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/live-times`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(ASK_WITHIN_MS),
  })
    .then(async (response) => answerSchema.parse(await response.json()))
    .catch(() => null)
  for (const { fromMs, toMs } of answer?.reigns ?? [])
    known.set(`${answer?.pid} ${fromMs}`, { slot, pid: answer?.pid ?? '', fromMs, toMs })
}

/** Throws where two were live at once, or none for longer than `mostMs`. Answers with how long none was, each time. */
export function gapsOf(reigns: readonly Reign[], mostMs: number): number[] {
  const gaps = reigns.slice(1).map(({ slot, fromMs }, index) => {
    const before = reigns[index]
    assert.ok(before && fromMs > before.toMs, `${slot} and ${before?.slot} were live at once`)
    return fromMs - before.toMs
  })
  const longest = Math.max(0, ...gaps)
  assert.ok(longest <= mostMs, `no slot was live for ${longest} ms`)
  return gaps
}
