import { z } from 'zod'
import { environmentChangeSchema } from './environment-change.ts'
import { releaseErrorSchema } from './errors.ts'
import { buildSchema, releaseSchema } from './release.ts'
import { runtimeSchema } from './runtime.ts'
import { STEP_NAMES } from './step-names.ts'

/** What is known of a release when it is created; the journal gives it its number. */
export const draftSchema = releaseSchema.pick({
  verb: true,
  source: true,
  slot: true,
  from: true,
  build: true,
  replaces: true,
  label: true,
  note: true,
  actor: true,
  steps: true,
})

export type Draft = z.infer<typeof draftSchema>

const stepName = z.enum(STEP_NAMES)

/** One entry of the journal. A release is the fold of its entries by `applyEvent`, live and on replay alike. */
export const journalEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('created'), draft: draftSchema }),
  z.object({ type: z.literal('step-started'), name: stepName }),
  z.object({
    type: z.literal('step-ended'),
    name: stepName,
    outcome: z.enum(['done', 'failed']),
    detail: z.string().nullable(),
  }),
  z.object({
    type: z.literal('runtime'),
    runtime: runtimeSchema,
    change: environmentChangeSchema.nullable().default(null),
  }),
  z.object({ type: z.literal('built'), build: buildSchema }),
  z.object({ type: z.literal('switching'), leftBehind: releaseSchema.shape.leftBehind }),
  z.object({ type: z.literal('live') }),
  z.object({ type: z.literal('failed'), error: releaseErrorSchema }),
  z.object({ type: z.literal('aborted'), error: releaseErrorSchema }),
  z.object({ type: z.literal('recovered'), sentence: z.string() }),
])

export type JournalEvent = z.infer<typeof journalEventSchema>
