import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceDurably } from '../state/durable-file.ts'

/** Included by nginx/proxy.conf for its public server: what beats the limits that stand there. */
export const LIMITS_FILE = 'limits.conf'

/** A status line and what nginx keeps beside the headers themselves. */
const HEADER_SPARE_BYTES = 4 * 1024
const BUFFER_BYTES = 16 * 1024

const limitsSchema = z.object({
  maxBodyBytes: z.number().int().positive(),
  maxHeadersBytes: z.number().int().positive(),
  readTimeoutSeconds: z.number().int().positive(),
  /** 0: browsers are told nothing. */
  hstsSeconds: z.number().int().min(0),
})

/** What visitors and slots may send through nginx, and for how long it waits for a slot. */
export type Limits = z.infer<typeof limitsSchema>

/**
 * The file's text. Every value is a whole number, so that nothing else can get into a configuration; throws for any other.
 * The whole of an answer's head must fit into one buffer, and that of a request into two.
 */
export function renderLimits(limits: Limits): string {
  const { maxBodyBytes, maxHeadersBytes, readTimeoutSeconds, hstsSeconds } = limitsSchema.parse(limits)
  const room = maxHeadersBytes + HEADER_SPARE_BYTES
  const buffers = Math.max(8, Math.ceil(room / BUFFER_BYTES) + 2)
  return [
    `client_max_body_size ${maxBodyBytes};`,
    `large_client_header_buffers 2 ${room};`,
    `proxy_buffer_size ${room};`,
    `proxy_buffers ${buffers} ${BUFFER_BYTES};`,
    `proxy_busy_buffers_size ${Math.max(room, 2 * BUFFER_BYTES)};`,
    `proxy_read_timeout ${readTimeoutSeconds}s;`,
    `set $answer_room ${room};`,
    `set $hsts_seconds "${hstsSeconds === 0 ? '' : hstsSeconds}";`,
    '',
  ].join('\n')
}

/** Writes what nginx reads with its next reload. */
export async function writeLimits(liveDir: string, limits: Limits): Promise<void> {
  await mkdir(liveDir, { recursive: true })
  await replaceDurably(join(liveDir, LIMITS_FILE), renderLimits(limits), 0o644)
}
