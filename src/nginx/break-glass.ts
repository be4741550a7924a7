import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { slotSchema } from '../release/slot.ts'

/** Where `rollback.sh` leaves word of what it did, below the project's `state/`. */
export const BREAK_GLASS_FILE = 'rollback.json'

/**
 * A rollback made on the host without the director. It is written after nginx had confirmed it, so what it says was
 * true at `at`; the routing on disk may be newer by now. Its generation carries `release: null` in `state.json`.
 */
export const breakGlassSchema = z.strictObject({
  generation: z.number().int().positive(),
  from: slotSchema,
  to: slotSchema,
  /** What the slot that traffic moved to said of itself: the release that started it. */
  release: z.number().int().nonnegative(),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** The host's user, as the shell knew it. */
  by: z.string().min(1).max(64),
})

export type BreakGlass = z.infer<typeof breakGlassSchema>

/** What `rollback.sh` did since the director last looked, or null. Throws (with the path) for a file of another shape. */
export async function readBreakGlass(stateDir: string): Promise<BreakGlass | null> {
  const path = join(stateDir, BREAK_GLASS_FILE)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  try {
    return breakGlassSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`${path} is not a record of rollback.sh`, { cause })
  }
}

/** Removes the record once the journal holds it. The caller holds the release lock. */
export async function forgetBreakGlass(stateDir: string): Promise<void> {
  await rm(join(stateDir, BREAK_GLASS_FILE), { force: true })
}
