import { z } from 'zod'
import { slotSchema } from '../release/slot.ts'
import { builtAs } from './built-as.ts'

/** An unset variable and an empty one mean the same in an env file. */
const optional = z
  .string()
  .optional()
  .transform((text) => (text === undefined || text === '' ? null : text))

const environmentSchema = z.object({
  SLOT: slotSchema,
  SWITCHYARD_RELEASE: z
    .string()
    .regex(/^\d{1,9}$/, 'expected a whole number')
    .default('0')
    .transform(Number),
  SWITCHYARD_VERSION: optional,
  SWITCHYARD_REVISION: optional,
  SWITCHYARD_DEPLOYMENT_ID: optional.refine((id) => id === null || /^[A-Za-z0-9_-]{1,64}$/.test(id), {
    message: 'expected up to 64 letters, digits, dashes and underscores',
  }),
})

/** What a slot's process knows of itself. */
export type SlotConfig = {
  slot: z.infer<typeof slotSchema>
  /** The release that started this slot; 0 before the first one and in development. */
  release: number
  version: string
  revision: string | null
  deploymentId: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

/** Parses a slot's environment. Throws one error that names every variable that is wrong. */
export function readSlotConfig(environment: Environment): SlotConfig {
  const parsed = environmentSchema.safeParse({ ...defaultsFor(environment), ...set(environment) })
  if (!parsed.success) throw new Error(wordsFor(parsed.error, environment))
  return {
    slot: parsed.data.SLOT,
    release: parsed.data.SWITCHYARD_RELEASE,
    version: parsed.data.SWITCHYARD_VERSION ?? 'development',
    revision: parsed.data.SWITCHYARD_REVISION,
    // A build that was given no id from outside has one of its own (scripts/build.mjs).
    deploymentId: parsed.data.SWITCHYARD_DEPLOYMENT_ID ?? (builtAs === 'development' ? null : builtAs),
  }
}

let cached: SlotConfig | undefined

/** This process's own configuration, read once. Throws as `readSlotConfig` does. */
export function slotConfig(): SlotConfig {
  cached ??= readSlotConfig(process.env)
  return cached
}

/** A deployed slot must be told which one it is; on a developer's machine there is only one. */
function defaultsFor(environment: Environment): Environment {
  return environment.NODE_ENV === 'production' ? {} : { SLOT: 'primary' }
}

function set(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
}

function wordsFor(error: z.ZodError, environment: Environment): string {
  const lines = error.issues.map((issue) => {
    const name = issue.path.join('.')
    const value = environment[name]
    const expectation = name === 'SLOT' ? 'expected primary or secondary' : issue.message
    return `  ${name}: ${expectation}, got ${value ? JSON.stringify(value) : 'nothing'}`
  })
  return ['This slot can not start; its environment is wrong:', ...lines].join('\n')
}
