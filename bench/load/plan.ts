import { z } from 'zod'
import { loadOptionsSchema } from '../../test/load/options.ts'

const addressSchema = z.strictObject({ host: z.string(), port: z.number().int().positive() })

/** What is sent at once, and where. */
export const mixedPlanSchema = z.strictObject({
  /** Loads of HTTP/1.1 by a name that shows in what is told of them. */
  http1: z.record(z.string(), loadOptionsSchema),
  http2: addressSchema.extend({ ratePerSecond: z.number().positive() }).nullable(),
  streams: addressSchema.extend({
    webSockets: z.number().int().nonnegative(),
    eventStreams: z.number().int().nonnegative(),
  }),
  /** Of HTTP/2 and of the streams; each load of HTTP/1.1 has its own. */
  farShare: z.number().min(0).max(1),
  farRoundTripMs: z.number().min(0),
})

export type MixedPlan = z.input<typeof mixedPlanSchema>

/** Something that went wrong for a visitor, or a stream that was told to reconnect; times are epoch milliseconds. */
export const incidentSchema = z.strictObject({
  atMs: z.number(),
  /** `refused`: an HTTP/2 stream that the server says it has not touched. `told` and `cut` are said of open streams. */
  what: z.enum(['failed', 'refused', 'told', 'cut']),
  kind: z.string(),
  error: z.string(),
})

export type Incident = z.infer<typeof incidentSchema>

/** Requests by load that went out. */
export const countsSchema = z.record(z.string(), z.number())

const openStreamsSchema = z.strictObject({ webSockets: z.number(), eventStreams: z.number() })

export type OpenStreams = z.infer<typeof openStreamsSchema>

export const messageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('counts'), counts: countsSchema, open: openStreamsSchema }),
  z.strictObject({ type: z.literal('ended'), counts: countsSchema, incidents: z.array(incidentSchema) }),
])

export type LoadMessage = z.infer<typeof messageSchema>

export const orderSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('count') }),
  /** No more of one load; what is on its way ends by itself. */
  z.strictObject({ type: z.literal('end-one'), name: z.string() }),
  z.strictObject({ type: z.literal('stop') }),
])

export type LoadOrder = z.infer<typeof orderSchema>
