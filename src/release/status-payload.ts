import { z } from 'zod'
import { slotSchema } from './slot.ts'

/** One readiness check of the app. `latencyMs` is how long the check itself took. */
export const checkResultSchema = z.object({
  ok: z.boolean(),
  latencyMs: z.number().nonnegative(),
  detail: z.string().nullable(),
})

/**
 * What a slot is answering now, by kind. `upload`: a request with a body of 1 MiB or more, or of unknown size. `stream`: an
 * event stream, which a browser opens again by itself; no drain waits for those.
 */
export const inFlightByKindSchema = z.object({
  request: z.number().int().nonnegative(),
  upload: z.number().int().nonnegative(),
  stream: z.number().int().nonnegative(),
})

export type InFlightByKind = z.infer<typeof inFlightByKindSchema>

export type InFlightKind = keyof InFlightByKind

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
  /** Requests that this slot is answering now, without the status request itself and without event streams. */
  inFlight: z.number().int().nonnegative(),
  /** An app that can't tell leaves it out. */
  inFlightByKind: inFlightByKindSchema.optional(),
  checks: z.record(z.string(), checkResultSchema),
})

export type StatusPayload = z.infer<typeof statusPayloadSchema>
