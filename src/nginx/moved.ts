import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { SLOTS, type Slot } from '../release/slot.ts'
import { replaceDurably } from '../state/durable-file.ts'

/**
 * For an nginx whose container was made before its slots moved: the names in its /etc/hosts, which are those of its
 * creation, are wrong. nginx/slots.conf includes both files, where they are there.
 */
export const MOVED_FILES = { upstreams: 'moved.conf', choice: 'moved.map' } as const

/** What is added to the name of an upstream that has the new address. */
const SUFFIX = '_moved'
/** By which the health check of such a container asks; the port was nginx's internal one then. */
const FORMER_HEALTH_PORT = 8_081

const addressSchema = z.ipv4()

/** The text of both files. Throws where an address is not one, so that nothing else can get into a configuration. */
export function renderMoved(addresses: Readonly<Record<Slot, string>>): {
  upstreams: string
  choice: string
} {
  const server = (slot: Slot): string => `  server ${addressSchema.parse(addresses[slot])}:3000 max_fails=0`
  const blocks = SLOTS.flatMap((slot) => {
    const other = slot === 'primary' ? 'secondary' : 'primary'
    return [
      upstream(slot, [`${server(slot)};`], 'pool.conf'),
      upstream(`${slot}_first`, [`${server(slot)};`, `${server(other)} backup;`], 'pool_first.conf'),
    ]
  })
  return { upstreams: [...blocks, formerHealth].join('\n'), choice: `default ${SUFFIX};\n` }
}

const upstream = (name: string, servers: readonly string[], pool: string): string =>
  [
    `upstream ${name}${SUFFIX} {`,
    `  zone ${name}${SUFFIX} 64k;`,
    ...servers,
    `  include ${pool};`,
    '}\n',
  ].join('\n')

const formerHealth = [
  'server {',
  `  listen ${FORMER_HEALTH_PORT} default_server;`,
  '  access_log off;',
  '  if ($remote_addr != 127.0.0.1) { return 444; }',
  '  location = /alive { return 204; }',
  '  location / { return 444; }',
  '}\n',
].join('\n')

/** Takes effect with the next reload. */
export async function writeMoved(liveDir: string, addresses: Readonly<Record<Slot, string>>): Promise<void> {
  const { upstreams, choice } = renderMoved(addresses)
  await replaceDurably(join(liveDir, MOVED_FILES.upstreams), upstreams, 0o644)
  await replaceDurably(join(liveDir, MOVED_FILES.choice), choice, 0o644)
}

/** For a container that knows the addresses by itself. */
export async function removeMoved(liveDir: string): Promise<void> {
  for (const file of [MOVED_FILES.choice, MOVED_FILES.upstreams])
    await rm(join(liveDir, file), { force: true })
}
