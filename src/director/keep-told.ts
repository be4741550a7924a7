import { setTimeout as delay } from 'node:timers/promises'
import type { Told } from '../nginx/told.ts'
import { wordsOf } from '../release/messages.ts'
import { takeLock } from '../state/lock.ts'

/** Half of the time for which no slot may take itself for the live one. */
const LOOK_EVERY_MS = 1_000

const HOLDER = {
  verb: 'recovery',
  release: null,
  actor: { kind: 'director', name: 'The director' },
} as const

export type ToldOptions = { told: Told; lockPath: string }

/**
 * Sees to it that slots are told what nginx reads, whoever left the two apart: a director that was killed between them, or a
 * hand. Runs until the signal aborts.
 */
export async function keepTold(options: ToldOptions, signal: AbortSignal): Promise<void> {
  let problem = ''
  while (!signal.aborted) {
    try {
      await tellAnew(options)
      problem = ''
    } catch (cause) {
      const words = wordsOf(cause)
      if (words !== problem) console.error(`The slots can't be told which of them is live: ${words}.`)
      problem = words
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** Whoever moves the traffic holds the lock, and tells the slots in it. */
async function tellAnew({ told, lockPath }: ToldOptions): Promise<void> {
  if (await told.isRight()) return
  const held = await takeLock(lockPath, { ...HOLDER, since: new Date().toISOString() })
  if (!held) return
  try {
    console.log(`The slots are told that ${(await told.mend()) ?? 'none of them'} is live.`)
  } finally {
    held.release()
  }
}
