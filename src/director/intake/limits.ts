/**
 * What one slot may ask of the director at a time. A console asks for its status every 1.5 to 3 s and holds one event stream for
 * each release that is looked at, so ten operators at once come to some ten requests a second and twenty streams. All
 * connections together, each with a header and a body at their caps, take some 20 MB of the director's memory.
 */
export const SLOT_LIMITS = {
  connections: 192,
  /** Requests under way; those behind them wait. */
  atOnce: 16,
  /** Requests that are begun, in the long run and after a quiet while. */
  perSecond: 100,
  burst: 200,
  /** Event streams, all together and of one session. */
  streams: 48,
  streamsOfSession: 12,
} as const

export type DoorLimits = { connections: number; atOnce: number; perSecond: number; burst: number }

/** A request has to come whole within this, its headers within the first. The slots are on this machine. */
export const HEADERS_TIMEOUT_MS = 5_000
export const REQUEST_TIMEOUT_MS = 10_000
/** What is left of an answer that nobody reads. A stream says something every 15 s. */
export const SILENCE_MS = 60_000
export const HEADERS_CAP_BYTES = 16 * 1024
/** How much of a connection is read ahead of whoever reads its body. */
export const READ_AHEAD_BYTES = 8 * 1024
/** Of a body that is JSON; no verb needs a tenth of it. */
export const BODY_CAP_BYTES = 64 * 1024
