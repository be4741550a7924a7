import { z } from 'zod'
import { slotSchema } from './slot.ts'

/** One readiness check of the app. `latencyMs` is how long the check itself took. */
export const checkResultSchema = z.object({
  ok: z.boolean(),
  latencyMs: z.number().nonnegative(),
  detail: z.string().nullable(),
})

const count = z.number().int().nonnegative()

/**
 * What a slot is doing now, by kind. An app need not tell all kinds apart. `upload`: a request with a body of 1 MiB or more,
 * or of unknown size. `download`: an answer that has begun and is still being sent. `background`: work that goes on after its
 * answer. `stream`, `socket`: an event stream, a WebSocket, which a client opens again by itself.
 */
export const inFlightByKindSchema = z.object({
  request: count,
  upload: count,
  download: count.default(0),
  background: count.default(0),
  stream: count,
  socket: count.default(0),
})

export type InFlightByKind = z.infer<typeof inFlightByKindSchema>

export type InFlightKind = keyof InFlightByKind

/** What a drain waits for. The other kinds never end by themselves, and are told to reconnect. */
export function waitedFor({ request, upload, download, background }: InFlightByKind): number {
  return request + upload + download + background
}

/**
 * The body of `GET /api/system/status`: what a slot says of itself.
 * The engine accepts a candidate only when this whole shape is right, so an app behind Switchyard must answer with it.
 */
export const statusPayloadSchema = z.object({
  status: z.enum(['operational', 'starting', 'draining', 'degraded']),
  /** ISO 8601, UTC. */
  timestamp: z.iso.datetime(),
  version: z.string(),
  slot: slotSchema,
  /** The number of the release that started this slot, from `SWITCHYARD_RELEASE`. */
  release: z.number().int().nonnegative(),
  /** Baked into the image; null where an image carries none. */
  deploymentId: z.string().nullable(),
  uptimeSeconds: z.number().nonnegative(),
  /** What a drain waits for: requests that this slot is answering now, without the status request itself, and work after them. */
  inFlight: count,
  /** An app that can't tell leaves it out. */
  inFlightByKind: inFlightByKindSchema.optional(),
  checks: z.record(z.string(), checkResultSchema),
})

export type StatusPayload = z.infer<typeof statusPayloadSchema>
