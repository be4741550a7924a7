import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceDurably } from '../state/durable-file.ts'

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
  await replaceDurably(join(liveDir, NETWORK_FILE), renderNetwork(directorAddresses), 0o644)
}
