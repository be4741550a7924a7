import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceDurably } from '../state/durable-file.ts'

/** Included by nginx/internal.conf: where nginx listens for the director, and who may ask there. */
export const ADMIN_FILE = 'admin.conf'
/** What held the director's address before, when nginx listened for it on every network. */
const FORMER_FILE = 'network.conf'

const addressSchema = z.ipv4()
const portSchema = z.int().min(1).max(65_535)

/** nginx's own address and port on the director's network, and those of whom it answers there. */
export type Admin = { address: string; port: number; allowed: readonly string[] }

/** The file's text. Throws where an address is not one, so that nothing else can get into a configuration. */
export function renderAdmin({ address, port, allowed }: Admin): string {
  const listen = `listen ${addressSchema.parse(address)}:${portSchema.parse(port)};\n`
  return listen + allowed.map((one) => `allow ${addressSchema.parse(one)};\n`).join('')
}

/** Names who may ask nginx for its state, and where. Takes effect with the next reload. */
export async function writeAdmin(liveDir: string, admin: Admin): Promise<void> {
  await mkdir(liveDir, { recursive: true })
  await replaceDurably(join(liveDir, ADMIN_FILE), renderAdmin(admin), 0o644)
  await rm(join(liveDir, FORMER_FILE), { force: true })
}
