import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** Included by nginx/internal.conf: who may ask nginx's internal port. */
export const NETWORK_FILE = 'network.conf'

const addressSchema = z.ipv4()

/** The file's text. Throws where an address is not one, so that nothing else can get into a configuration. */
export function renderNetwork(directorAddresses: readonly string[]): string {
  return directorAddresses.map((address) => `allow ${addressSchema.parse(address)};\n`).join('')
}

/** Names the addresses that may ask nginx for its state. Takes effect with the next reload. */
export async function writeNetwork(liveDir: string, directorAddresses: readonly string[]): Promise<void> {
  await mkdir(liveDir, { recursive: true })
  const path = join(liveDir, NETWORK_FILE)
  const temporary = `${path}.tmp`
  {
    await using file = await open(temporary, 'w', 0o644)
    await file.chmod(0o644)
    await file.writeFile(renderNetwork(directorAddresses))
    await file.sync()
  }
  await rename(temporary, path)
}
