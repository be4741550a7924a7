import { z } from 'zod'
import { AMOUNT } from './amount.ts'

const prefix = z.string().regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/)
const port = z.coerce.number().int().min(1).max(65_535)

const schema = z.object({
  SWITCHYARD_DIR: z.string().startsWith('/'),
  COMPOSE_PROJECT_NAME: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  NETWORK_PREFIX: prefix,
  PRIMARY_NETWORK_PREFIX: prefix,
  SECONDARY_NETWORK_PREFIX: prefix,
  HTTP_PORT: port,
  PRIMARY_PORT: port,
  SECONDARY_PORT: port,
  NODE_IMAGE: z.string().min(1),
  ALLOWED_IMAGES: z.string().default(''),
  /** How many cores a build may have. Empty: all but one. */
  BUILD_CPUS: z.string().default(''),
  /** How much memory a build may have. Empty: three quarters of the machine's. */
  BUILD_MEMORY: z.union([z.literal(''), z.string().regex(AMOUNT)]).default(''),
  /** How long a release waits for the slot that it will reuse. */
  DRAIN_CAP_SECONDS: z.coerce.number().min(0).max(3_600).default(60),
  /** How long the live slot must be down until the traffic is moved to a healthy standby; 0: for ever. */
  FAILOVER_SECONDS: z.coerce.number().min(0).max(3_600).default(5),
  /** How long a candidate may take until it is healthy. */
  HEALTH_DEADLINE_SECONDS: z.coerce.number().min(1).max(3_600).default(60),
  /** Paths that are requested from a candidate before it gets traffic, separated by commas. */
  WARM_UP_PATHS: z.string().default('/'),
  /** How many former builds are kept beside the live one and the standby. */
  KEEP_BUILDS: z.coerce.number().int().min(0).max(1_000).default(5),
  /** For how many days any other build is kept after it was last live. */
  KEEP_DAYS: z.coerce.number().int().min(0).max(3_650).default(7),
  /** After how many minutes without a use an operator's session ends; 0: not before its time is over. */
  SESSION_IDLE_MINUTES: z.coerce.number().int().min(0).max(720).default(60),
  /** How much must be free on the disk for a release to begin. */
  MIN_FREE_DISK: z.string().regex(AMOUNT).default('2g'),
  DOCKER_SOCKET: z.string().default('/var/run/docker.sock'),
})

export type DirectorSettings = z.infer<typeof schema> & {
  /** What docker and git are started with. */
  toolEnvironment: Readonly<Record<string, string | undefined>>
}

/** The director's settings. Throws one error that names every variable that is wrong. */
export function readDirectorSettings(env: NodeJS.ProcessEnv): DirectorSettings {
  const result = schema.safeParse(env)
  if (result.success) return { ...result.data, toolEnvironment: env }
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`The director's environment is not right. ${problems.join('; ')}`)
}
