import { z } from 'zod'
import { environmentChangeSchema } from './environment-change.ts'
import { releaseErrorSchema } from './errors.ts'
import { plainText } from './plain-text.ts'
import { runtimeSchema } from './runtime.ts'
import { slotSchema } from './slot.ts'
import { STEP_NAMES } from './step-names.ts'

/** Where a build comes from: the working tree of the project, a git ref of it, a ready image, or the standby slot (rollback). */
export const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tree') }),
  // The journal is read by this too, and holds what former versions have let in: what is plain text is for requests to say.
  z.strictObject({ kind: z.literal('ref'), ref: z.string().min(1).max(200) }),
  z.strictObject({
    kind: z.literal('image'),
    image: z.string().min(1).max(300),
    hasConsole: z.boolean().default(true),
  }),
  z.strictObject({ kind: z.literal('standby') }),
])

export type Source = z.infer<typeof sourceSchema>

/** One image, with one deployment id baked in. `deploymentId` is null for a foreign image that carries none. */
export const buildSchema = z.object({
  image: z.string(),
  deploymentId: z.string().nullable(),
  version: z.string(),
  revision: z.string().nullable(),
  /** False only when the operator said that the image has no `/ops`. */
  hasConsole: z.boolean(),
  /** The number of the release that made or resolved this build. */
  madeBy: z.number().int(),
})

export type Build = z.infer<typeof buildSchema>

export const releaseVerbSchema = z.enum(['deploy', 'rollback'])

export type ReleaseVerb = z.infer<typeof releaseVerbSchema>

/** `preparing` and `switching` are under way; the other three are final. Legal moves: `transitions.ts`. */
export const releaseStateSchema = z.enum(['preparing', 'switching', 'live', 'failed', 'aborted'])

export type ReleaseState = z.infer<typeof releaseStateSchema>

export const stepStateSchema = z.enum(['waiting', 'running', 'done', 'failed'])

export const stepRecordSchema = z.object({
  name: z.enum(STEP_NAMES),
  label: z.string(),
  state: stepStateSchema,
  /** ISO 8601, UTC. */
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  /** One line of what was seen, for example `5 of 5 healthy, 12 ms`. */
  detail: z.string().nullable(),
})

export type StepRecord = z.infer<typeof stepRecordSchema>

/** Who asked: an operator through the console, or someone on the host through the CLI or a script. */
export const actorSchema = z.object({ kind: z.enum(['operator', 'host', 'director']), name: z.string() })

export type Actor = z.infer<typeof actorSchema>

/** One attempt to put a build in front of users. */
export const releaseSchema = z.object({
  id: z.number().int(),
  verb: releaseVerbSchema,
  state: releaseStateSchema,
  source: sourceSchema,
  /** The slot that traffic is to move to, and the one it moves from (null before the first release). */
  slot: slotSchema,
  from: slotSchema.nullable(),
  /** Null until the build step has ended. */
  build: buildSchema.nullable(),
  /** The build that was live when this release began. */
  replaces: buildSchema.nullable(),
  /** What its slot runs with, beside the image; of a rollback what the standby was started with. */
  runtime: runtimeSchema.default({ environment: null, preload: null }),
  /** How that environment differs from the one that was live, by names; null where either is not known. */
  environmentChange: environmentChangeSchema.nullable().default(null),
  label: z.string().nullable(),
  note: z.string().nullable(),
  actor: actorSchema,
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  steps: z.array(stepRecordSchema),
  error: releaseErrorSchema.nullable(),
  /** What the director did beyond the plan, in words: after it had been killed, or where it could not write down what is live. Null mostly. */
  recovery: z.string().nullable(),
  /** How the slot that visitors came from was when they left it. Left out where nobody looked, as in releases of before. */
  leftBehind: z.enum(['well', 'unwell']).optional(),
})

export type Release = z.infer<typeof releaseSchema>

/** A version as people may give it to a build: it becomes part of names and labels. */
export const VERSION_LABEL = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  words: 'up to 64 letters, digits, dots, dashes and underscores',
} as const

/** What an operator asks for. `label` becomes the version that the build shows. */
export const deployRequestSchema = z.strictObject({
  source: z.discriminatedUnion('kind', [
    sourceSchema.options[0],
    sourceSchema.options[1].extend({ ref: plainText().min(1).max(200) }),
    sourceSchema.options[2].extend({ image: plainText().min(1).max(300) }),
    // A build that is kept, by its deployment id. The journal has its image, which consoles of before know too.
    z.strictObject({ kind: z.literal('build'), build: z.string().min(1).max(64) }),
  ]),
  label: plainText()
    .regex(VERSION_LABEL.pattern, `A version label is ${VERSION_LABEL.words}.`)
    .nullable()
    .default(null),
  note: plainText().max(500, 'A note is up to 500 characters.').nullable().default(null),
  /** The `at` of the freeze that a person on the host was shown and deploys in spite of. */
  despiteFreeze: plainText().max(40).optional(),
})

export type DeployRequest = z.infer<typeof deployRequestSchema>
