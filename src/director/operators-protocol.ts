import { z } from 'zod'
import { setupLinkSchema } from './protocol.ts'

/** Someone who may sign in. `sessions`: how many they have now. */
export const operatorViewSchema = z.object({
  name: z.string(),
  email: z.string(),
  /** ISO 8601, UTC, as all times here. */
  since: z.string(),
  /** False after a reset, until the set-up link is used. */
  hasPassword: z.boolean(),
  sessions: z.number().int().nonnegative(),
})

export type OperatorView = z.infer<typeof operatorViewSchema>

/** `GET /v1/operators`. */
export const operatorsSchema = z.object({ operators: z.array(operatorViewSchema) })

/**
 * One sign-in that is still good. Addresses and browser are what the slot said that relayed the requests, so code that was taken over
 * can make them up. `lastUsedAt` is exact to a minute.
 */
export const sessionViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  since: z.string(),
  expiresAt: z.string(),
  address: z.string().nullable(),
  browser: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  lastAddress: z.string().nullable(),
  /** The one who asks. */
  isOwn: z.boolean(),
})

export type SessionView = z.infer<typeof sessionViewSchema>

/** `GET /v1/sessions`: the newest first. */
export const sessionsSchema = z.object({ sessions: z.array(sessionViewSchema) })

/** `POST /v1/sessions/end`: one, by its id or how that begins; all; or all but the one who asks. */
export const endSessionsRequestSchema = z.union([
  z.strictObject({ id: z.string().min(6, 'Give at least six characters of the id.').max(64) }),
  z.strictObject({ which: z.enum(['all', 'others']) }),
])

export type EndSessionsRequest = z.infer<typeof endSessionsRequestSchema>

/** What became of sessions, in a sentence for people. */
export const endedSchema = z.object({ ended: z.number().int().nonnegative(), sentence: z.string() })

export type Ended = z.infer<typeof endedSchema>

/** `POST /v1/operators/remove`, on the host's socket alone. The last one goes only where that is said. */
export const removeOperatorRequestSchema = z.strictObject({
  email: z.string().min(1).max(200),
  evenLast: z.boolean().default(false),
})

/** `POST /v1/operators/reset`, on the host's socket alone: ends the sessions, takes the password away and makes a set-up link. */
export const resetOperatorRequestSchema = removeOperatorRequestSchema.pick({ email: true })

export const resetSchema = endedSchema.extend({ link: setupLinkSchema })
