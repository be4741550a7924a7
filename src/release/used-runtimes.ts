import type { EnvFile, Journal } from './ports.ts'
import type { Runtime } from './runtime.ts'
import { SLOTS } from './slot.ts'

/**
 * What slots run with, are brought back with, or would be started with by a plain `docker compose up`: the journal and the env
 * file may be apart, and either may be the one that was written last. Throws where the env file can't be read: then nobody
 * knows what goes.
 */
export async function usedRuntimes({
  journal,
  envFile,
}: {
  journal: Pick<Journal, 'holderOf' | 'unfinished'>
  envFile: Pick<EnvFile, 'runtimes'>
}): Promise<Runtime[]> {
  const holders = SLOTS.flatMap((slot) => journal.holderOf(slot) ?? [])
  const named = await envFile.runtimes()
  return [...[...holders, ...journal.unfinished()].map(({ runtime }) => runtime), ...named]
}
