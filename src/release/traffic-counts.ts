import { z } from 'zod'
import type { Slot } from './slot.ts'

/** Why a request went to its slot: it is the live one, a share of the visitors gets it, the tab's build runs in it, or it is a preview. */
export const WHYS = ['live', 'share', 'pin', 'preview'] as const

export type Why = (typeof WHYS)[number]

export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const

export type StatusClass = (typeof STATUS_CLASSES)[number]

/** `none`: nginx answered by itself, with a file from disk or a refusal. */
export type AnsweredBy = Slot | 'none'

const count = z.number().int().nonnegative()

/** What visitors were answered within some seconds; the console's own requests are left out. */
export const trafficCountsSchema = z.object({
  seconds: z.number().nonnegative(),
  requests: count,
  statuses: z.object({ '1xx': count, '2xx': count, '3xx': count, '4xx': count, '5xx': count }),
  /** Until a slot began its answer, at most 2 % too high. Streams are left out. Null where there is none. */
  latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable(),
  /** Of bodies as they were sent. */
  bytes: count,
  why: z.object({ live: count, share: count, pin: count, preview: count }),
  /** Event streams and WebSockets that have ended. */
  streams: count,
  /** From tabs that were opened on the build in this slot, while the other slot was live. */
  fromOldTabs: count,
  /** From tabs of another build, which no slot ran or whose slot could not be reached. */
  fromGoneBuilds: count,
})

export type TrafficCounts = z.infer<typeof trafficCountsSchema>
