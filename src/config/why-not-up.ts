import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { parseEnv } from 'node:util'

/**
 * Why nothing of the system can run that set-up applied in the env file at `path`, as a sentence without a full stop; null
 * where something may. The containers' network has an address on this host for as long as one of them runs.
 */
export async function whyNotUp(path: string): Promise<string | null> {
  const { NETWORK_PREFIX } = parseEnv(await readFile(path, 'utf8').catch(() => ''))
  if (NETWORK_PREFIX === undefined) return 'it was never set up'
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  const isThere = addresses.some(({ address }) => address === `${NETWORK_PREFIX}.1`)
  return isThere ? null : 'its containers do not run, so it serves nobody'
}
