import { z } from 'zod'
import { barSchema } from '../release/bar.ts'
import { errorCodeSchema, releaseErrorSchema } from '../release/errors.ts'
import { frozenSchema } from '../release/freeze.ts'
import { plainText } from '../release/plain-text.ts'
import {
  actorSchema,
  buildSchema,
  deployRequestSchema,
  releaseSchema,
  releaseVerbSchema,
  stepRecordSchema,
} from '../release/release.ts'
import { slotRoleSchema, slotSchema } from '../release/slot.ts'
import { inFlightByKindSchema } from '../release/status-payload.ts'
import { trafficCountsSchema } from '../release/traffic-counts.ts'

/** Spoken by console, CLI and director; each accepts one version either side. Sent as `x-switchyard-protocol`. */
export const PROTOCOL_VERSION = 1
export const PROTOCOL_HEADER = 'x-switchyard-protocol'

/** Who holds the release lock, and for what. */
export const holderSchema = z.object({
  verb: z.string(),
  release: z.number().int().nullable(),
  actor: actorSchema,
  since: z.string(),
})

export type Holder = z.infer<typeof holderSchema>

/** What the director last saw of a slot's own status route. */
export const slotHealthSchema = z.object({
  state: z.enum(['operational', 'starting', 'draining', 'degraded', 'unreachable', 'absent']),
  latencyMs: z.number().nullable(),
  checkedAt: z.string(),
  /** One sentence where the state is not `operational`. */
  problem: z.string().nullable(),
})

/** What was answered in the last minute, by nginx's access log; `perSecond` is that of the last ten seconds. */
export const slotTrafficSchema = trafficCountsSchema.extend({ perSecond: z.number().nonnegative() })

export type SlotTraffic = z.infer<typeof slotTrafficSchema>

export const slotViewSchema = z.object({
  slot: slotSchema,
  role: slotRoleSchema,
  /** Docker's word for the container, or null when there is none. */
  container: z
    .object({
      name: z.string(),
      state: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
      startedAt: z.string().nullable(),
      restarts: z.number().int(),
      image: z.string(),
    })
    .nullable(),
  health: slotHealthSchema,
  version: z.string().nullable(),
  release: z.number().int().nullable(),
  deploymentId: z.string().nullable(),
  uptimeSeconds: z.number().nullable(),
  inFlight: z.number().int().nullable(),
  /** With the event streams, which no drain waits for. Null where the app does not tell. */
  inFlightByKind: inFlightByKindSchema.nullable().default(null),
  /** Null where nginx's access log can't be read. */
  traffic: slotTrafficSchema.nullable().default(null),
  /** `cores` in use now, against the limit of the compose file (null: no limit). */
  cpu: z.object({ cores: z.number(), limitCores: z.number().nullable() }).nullable(),
  memory: z.object({ usedBytes: z.number(), limitBytes: z.number().nullable() }).nullable(),
  /** Who barred the build that it holds, and why. */
  barred: barSchema.nullable().default(null),
  /** The slot's own address on the host, for people on the host. */
  address: z.string(),
})

export type SlotView = z.infer<typeof slotViewSchema>

/** Whether a verb may be used now, and if not why, in one sentence. The console's buttons and the API's refusals read this one table. */
export const permissionSchema = z.object({ allowed: z.boolean(), reason: z.string().nullable() })

export type Permission = z.infer<typeof permissionSchema>

export const VERBS = ['deploy', 'rollback', 'abort', 'reload', 'bar', 'freeze', 'prune'] as const

export type Verb = (typeof VERBS)[number]

/** Everything that the console and `switchyard status` show. `GET /v1/status`. */
export const systemStatusSchema = z.object({
  protocol: z.number().int(),
  now: z.string(),
  project: z.string(),
  directorVersion: z.string(),
  directorStartedAt: z.string(),
  routing: z.object({
    /** What nginx serves; null before the first release. */
    live: slotSchema.nullable(),
    generation: z.number().int().nullable(),
    /** False where nginx can't be asked: then `live` is what the disk says, and visitors get nothing. */
    nginxAnswers: z.boolean().default(true),
    /** One sentence where nginx can't be asked or serves something else than the journal says. */
    problem: z.string().nullable(),
  }),
  docker: z.object({ version: z.string().nullable(), problem: z.string().nullable() }),
  slots: z.object({ primary: slotViewSchema, secondary: slotViewSchema }),
  /** What no slot answered (files from disk, nginx's own refusals), and how nginx's access log is. */
  traffic: z
    .object({
      byNginx: slotTrafficSchema.nullable(),
      /** Since the director began. */
      unreadableLines: z.number().int().nonnegative(),
      /** One sentence where the log can't be read. */
      problem: z.string().nullable(),
    })
    .nullable()
    .default(null),
  /** The release under way, if any. */
  running: releaseSchema.nullable(),
  holder: holderSchema.nullable(),
  /** The release that last moved the traffic; a rollback names it as `from`. Null from a director that can't tell. */
  liveRelease: z.number().int().nullable().default(null),
  /** The newest release that has ended. */
  last: releaseSchema.nullable(),
  /** The build that visitors get, and the one that a rollback would bring back. */
  live: buildSchema.nullable(),
  standby: buildSchema.nullable(),
  /** Every build that is barred, newest first. */
  barred: z.array(barSchema).default([]),
  /** What the director does about a live slot that is down, and what keeps it from more; null where it is not. */
  failOver: z.string().nullable().default(null),
  /** Why machines may not deploy, by whom and since when; null while they may. */
  freeze: frozenSchema.nullable().default(null),
  actions: z.object({
    deploy: permissionSchema,
    /** A deploy that no person has confirmed. */
    deployByMachine: permissionSchema.default({ allowed: false, reason: 'This director knows no freezes.' }),
    rollback: permissionSchema,
    abort: permissionSchema,
    reload: permissionSchema,
    /** To bar a build and to let one be used again; which one is another matter (`barRefusal`). */
    bar: permissionSchema.default({ allowed: false, reason: 'This director knows no bars.' }),
    prune: permissionSchema.default({ allowed: false, reason: 'This director prunes nothing.' }),
    /** To freeze deploys by machines, and to lift a freeze. */
    freeze: permissionSchema.default({ allowed: false, reason: 'This director knows no freezes.' }),
  }),
})

export type SystemStatus = z.infer<typeof systemStatusSchema>

/** `POST /v1/deploy`, `/v1/rollback` answer 202 with this at once; progress is followed by `/v1/releases/:id/events`. */
export const acceptedSchema = z.object({ release: releaseSchema })

/**
 * `from`: what `liveRelease` said where the rollback was decided on. Refused as `live-changed` when it says another by then.
 * `note`: why, for the history. `environment`: the standby is started anew with app.env as it is now, proved, and switched to then.
 */
export const rollbackRequestSchema = z.strictObject({
  from: z.number().int().positive().optional(),
  note: z.string().max(500).optional(),
  environment: z.literal('current').optional(),
})

export type RollbackRequest = z.infer<typeof rollbackRequestSchema>

/** `release`: the one that is to stop. Refused as `not-running` when another is under way by then. */
export const abortRequestSchema = z.strictObject({ release: z.number().int().positive().optional() })

export type AbortRequest = z.infer<typeof abortRequestSchema>

/** `POST /v1/bar`, `/v1/unbar` answer with `barOutcomeSchema` once nginx has confirmed. `build`: a deployment id. */
export const unbarRequestSchema = z.strictObject({ build: plainText().min(1).max(64) })

const reasonSchema = plainText()
  .trim()
  .max(500, 'A reason is up to 500 characters.')
  .nullable()
  .default(null)
  .transform((reason) => reason || null)

/**
 * `endSessions`: all operators are to sign in anew, the one who asks too, since code of the build could read cookies as they passed.
 * Not by itself: most builds are barred for a plain fault, and it takes the console from everybody in the middle of their work.
 */
export const barRequestSchema = unbarRequestSchema.extend({
  reason: reasonSchema,
  /** Left out where it is not wanted: a director of before knows no such thing. */
  endSessions: z.boolean().optional(),
})

/** `POST /v1/keep`, `/v1/unkeep` answer with `keepOutcomeSchema`. */
export const keepRequestSchema = unbarRequestSchema.extend({ reason: reasonSchema })
export const unkeepRequestSchema = unbarRequestSchema

export type KeepRequest = z.infer<typeof keepRequestSchema>
export type UnbarRequest = z.infer<typeof unbarRequestSchema>
export type BarRequest = z.infer<typeof barRequestSchema>

/** `POST /v1/freeze` answers with `freezeOutcomeSchema`, as `/v1/unfreeze` does. Whoever is refused is told the reason. */
export const freezeRequestSchema = z.strictObject({
  reason: plainText('Say why, for whoever is refused.')
    .trim()
    .min(1, 'Say why, for whoever is refused.')
    .max(500, 'A reason is up to 500 characters.'),
})

export type FreezeRequest = z.infer<typeof freezeRequestSchema>

/** `POST /v1/plan`: what a deploy or rollback would do now, and what preflight says. Changes nothing. */
export const planRequestSchema = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('deploy'), request: deployRequestSchema }),
  z.strictObject({ verb: z.literal('rollback'), environment: z.literal('current').optional() }),
])

export const preflightFindingSchema = z.object({
  /** What a refusal is, for exit codes. */
  code: errorCodeSchema.optional().catch('internal'),
  name: z.string(),
  outcome: z.enum(['ok', 'warning', 'refused']),
  sentence: z.string(),
})

export type PreflightFinding = z.infer<typeof preflightFindingSchema>

export const planViewSchema = z.object({
  verb: releaseVerbSchema,
  slot: slotSchema,
  from: slotSchema.nullable(),
  /** The version live now, and the one after; null where it is not known before the build. */
  fromVersion: z.string().nullable(),
  toVersion: z.string().nullable(),
  steps: z.array(stepRecordSchema.pick({ name: true, label: true })),
  findings: z.array(preflightFindingSchema),
  /** True when no finding is `refused`. */
  mayStart: z.boolean(),
})

export type PlanView = z.infer<typeof planViewSchema>

/** `GET /v1/releases?before=ID&limit=N` (newest first, at most 100). */
export const historySchema = z.object({
  releases: z.array(releaseSchema),
  more: z.boolean(),
  /** Every build that is barred. */
  barred: z.array(barSchema).default([]),
})

/** One line of a release's log. `at` is ISO 8601; `offset` is the byte after it, to follow on from. */
export const logLineSchema = z.object({
  offset: z.number().int(),
  at: z.string(),
  step: z.string(),
  text: z.string(),
})

export type LogLine = z.infer<typeof logLineSchema>

/**
 * Server-sent events of `GET /v1/releases/:id/events?from=OFFSET`; with `&follow=0` only those that are there now.
 * `id:` of a `log` event is its offset, so that a browser resumes by `Last-Event-ID`. `end` closes the stream.
 */
export const releaseEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('release'), data: releaseSchema }),
  z.object({ event: z.literal('log'), data: logLineSchema }),
  z.object({ event: z.literal('end'), data: releaseSchema }),
])

export type ReleaseEvent = z.infer<typeof releaseEventSchema>

/** `POST /v1/reload`. */
export const reloadResultSchema = z.object({
  reloaded: z.literal(true),
  tookMs: z.number(),
  workers: z.number().int(),
})

/** `GET /v1/session`: who is signed in, and whether the first operator is still to be created. */
export const sessionSchema = z.object({
  operator: z.object({ name: z.string(), email: z.string() }).nullable(),
  isSetUp: z.boolean(),
})

export type Session = z.infer<typeof sessionSchema>

/** `POST /v1/setup`: the one-time link's token becomes the first operator. */
export const setupRequestSchema = z.strictObject({
  token: plainText().min(1).max(200),
  name: plainText().trim().min(1, 'Enter your name.').max(100),
  email: z.email('Enter an email address.').max(200),
  password: plainText().min(12, 'Use at least 12 characters.').max(128, 'Use at most 128 characters.'),
})

/** `POST /v1/auth/setup-link`: whether the one-time link is still good. Uses nothing up; counted as attempts to sign in are. */
export const setupCheckSchema = setupRequestSchema.pick({ token: true })

export type SetupCheck = z.infer<typeof setupCheckSchema>

/** `POST /v1/setup-link`, on the host's socket alone: a new one-time link. It replaces one that was not used. */
export const setupLinkSchema = z.object({
  /** To be put behind the site's address; the token stands in the fragment, which no server or log ever sees. */
  path: z.string().startsWith('/'),
  expiresAt: z.string(),
})

export type SetupLink = z.infer<typeof setupLinkSchema>

export const credentialsSchema = z.strictObject({
  email: z.email('Enter an email address.').max(200),
  password: z.string().min(1, 'Enter your password.').max(128, 'Use at most 128 characters.'),
})

/** Every refusal, on every route. HTTP status by code: `http-status.ts`. */
export const refusalSchema = z.object({ error: releaseErrorSchema })
