import { z } from 'zod'

const share = z.number().min(0).max(1)

/** What to send, how much of it, and for how long at most. */
export const loadOptionsSchema = z.strictObject({
  /** Only `http:`; the proxy on loopback is what is under load. */
  url: z.url({ protocol: /^http$/ }),
  ratePerSecond: z.number().positive().max(5_000),
  /** The load ends by itself after this, whoever forgets to stop it. */
  durationMs: z.number().int().positive().max(3_600_000),
  getPaths: z.array(z.string().startsWith('/')).min(1).default(['/']),
  /** Must take any body of 8 KiB and answer 2xx; null sends no POST. Where it answers with a `sha256`, that must be right. */
  postPath: z.string().startsWith('/').nullable().default('/api/echo'),
  postShare: share.default(0.25),
  /** Share of requests that open a connection of their own; the others use kept-alive ones. */
  freshShare: share.default(0.3),
  /** Share of requests that go over the relay's longer line. */
  farShare: share.default(0.2),
  farRoundTripMs: z.number().min(0).max(2_000).default(40),
  timeoutMs: z.number().int().positive().default(15_000),
  maxInFlight: z.number().int().positive().default(2_000),
  /** Failures beyond so many are counted, and not told one by one. */
  maxListedFailures: z.number().int().positive().default(1_000),
})

export type LoadOptions = z.input<typeof loadOptionsSchema>

export type LoadPlan = z.output<typeof loadOptionsSchema>
