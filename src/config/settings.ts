import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { nearestName } from '../release/nearest-name.ts'
import { hiddenIn } from '../release/plain-text.ts'
import { VERSION_LABEL } from '../release/release.ts'
import { NETWORK_NAMES, NETWORKS } from '../topology/networks.ts'
import { AMOUNT, bytesOf } from './amount.ts'
import { SPAN, secondsOf } from './span.ts'

const port = (initial: number) =>
  z.coerce
    .number('expected a port number')
    .int('expected a whole number')
    .min(1, 'expected 1 to 65535')
    .max(65_535, 'expected 1 to 65535')
    .default(initial)

const cores = z
  .string()
  .regex(/^\d{1,4}(\.\d{1,3})?$/, 'expected a number of cores, such as 0.5 or 2')
  .optional()

/** Docker itself allows 6m, in which no Node starts. */
const LEAST_MEMORY = { text: '64m', bytes: 64 * 1024 ** 2 } as const
const memory = z
  .string()
  .regex(AMOUNT, { error: 'expected an amount of memory, such as 512m or 2g', abort: true })
  .refine((text) => bytesOf(text) >= LEAST_MEMORY.bytes, `expected ${LEAST_MEMORY.text} or more`)
  .optional()

/** What is sent waits in nginx's memory: /tmp of traffic_proxy in the compose file has 128 MB for all of it. */
const MOST_BODY = { text: '100m', bytes: 100 * 1024 ** 2 } as const
const bodySize = z
  .string()
  .regex(AMOUNT, { error: 'expected an amount such as 512k or 10m', abort: true })
  .refine(
    (text) => bytesOf(text) >= 1024 && bytesOf(text) <= MOST_BODY.bytes,
    `expected 1k to ${MOST_BODY.text}: nginx keeps uploads in 128 MB of memory until they have arrived`,
  )
  .default('10m')

const headersSize = z
  .string()
  .regex(AMOUNT, { error: 'expected an amount such as 64k', abort: true })
  .refine((text) => bytesOf(text) >= 8 * 1024 && bytesOf(text) <= 128 * 1024, 'expected 8k to 128k')
  .default('64k')

const readTimeout = z
  .string()
  .regex(SPAN, { error: 'expected a time such as 120s or 5m', abort: true })
  .refine((text) => secondsOf(text) >= 1 && secondsOf(text) <= 3_600, 'expected 1s to 1h')
  .default('120s')

const wholeNumber = (initial: number, most: number) =>
  z.coerce
    .number('expected a whole number')
    .int('expected a whole number')
    .min(0, `expected 0 to ${most}`)
    .max(most, `expected 0 to ${most}`)
    .default(initial)

const prefix = z
  .string()
  .refine(
    (numbers) => numbers.split('.').length === 3 && isIPv4(`${numbers}.0`),
    'expected the first three numbers of a network, such as 172.30.42',
  )

const image = (initial: string) =>
  z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9._:/@-]{0,299}$/, 'expected the name of an image')
    .default(initial)

export const OFFICIAL_IMAGES = { node: 'node:26-slim', nginx: 'nginx:1.30' } as const

const seconds = (initial: number, least: number) =>
  z.coerce
    .number('expected a number of seconds')
    .min(least, `expected ${least} to 3600 seconds`)
    .max(3_600, `expected ${least} to 3600 seconds`)
    .default(initial)

/** The names that a user may set, in `switchyard.env` or in the environment. */
const settingsSchema = z.object({
  COMPOSE_PROJECT_NAME: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9_-]{0,62}$/,
      'expected lower-case letters, digits, dashes and underscores, beginning with a letter or digit',
    )
    .default('switchyard'),
  CONTAINER_PREFIX: z
    .string()
    .regex(/^([a-zA-Z0-9][a-zA-Z0-9_.-]{0,40})?$/, 'expected letters, digits, dots, dashes and underscores')
    .default(''),
  HTTP_ADDRESS: z.string().refine(isIPv4, 'expected an IPv4 address of this machine').default('0.0.0.0'),
  HTTP_PORT: port(80),
  PRIMARY_PORT: port(8001),
  SECONDARY_PORT: port(8002),
  NETWORK_PREFIX: prefix.default(NETWORKS.control.initial),
  /** Where they are not set, set-up finds two that are free. */
  PRIMARY_NETWORK_PREFIX: prefix.optional(),
  SECONDARY_NETWORK_PREFIX: prefix.optional(),
  NODE_IMAGE: image(OFFICIAL_IMAGES.node),
  NGINX_IMAGE: image(OFFICIAL_IMAGES.nginx),
  SLOT_CPUS: cores,
  SLOT_MEMORY: memory,
  DIRECTOR_CPUS: cores,
  DIRECTOR_MEMORY: memory,
  PROXY_CPUS: cores,
  PROXY_MEMORY: memory,
  BUILD_CPUS: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'expected a whole number of cores, 1 or more')
    .optional(),
  BUILD_MEMORY: memory,
  /** Of deploys that name no version, read when they begin. */
  APP_VERSION: z
    .string()
    .regex(VERSION_LABEL.pattern, `expected ${VERSION_LABEL.words}, beginning with a letter or digit`)
    .optional(),
  ALLOWED_IMAGES: z
    .string()
    .regex(/^[^'\r\n]*$/, 'expected names of images, separated by commas')
    .default(''),
  DRAIN_CAP_SECONDS: seconds(60, 0),
  FAILOVER_SECONDS: seconds(5, 0),
  HEALTH_DEADLINE_SECONDS: seconds(60, 1),
  WARM_UP_PATHS: z
    .string()
    .regex(/^\/[^'\s]*$/, 'expected paths separated by commas, such as /,/shop')
    .default('/'),
  KEEP_BUILDS: wholeNumber(5, 1_000),
  KEEP_DAYS: wholeNumber(7, 3_650),
  SESSION_IDLE_MINUTES: wholeNumber(60, 720),
  MAX_BODY: bodySize,
  MAX_HEADERS: headersSize,
  READ_TIMEOUT: readTimeout,
  HSTS_SECONDS: wholeNumber(0, 63_072_000),
  MIN_FREE_DISK: z
    .string()
    .regex(AMOUNT, 'expected an amount of disk space, such as 500m or 2g')
    .default('2g'),
})

export type Settings = z.infer<typeof settingsSchema>

export type SettingName = keyof Settings

/** One setting that can't be used, for people: `HTTP_PORT: expected a port number, got "eighty" (switchyard.env)`. */
export type SettingsProblem = string

export type SettingsResult =
  | { ok: true; settings: Settings }
  | { ok: false; problems: readonly SettingsProblem[] }

/**
 * Parses the settings; `environment` beats `file`, and an empty value is an unset one. The file has no other names than
 * these: one that is misspelt would be a setting that nobody applies.
 * Every problem is reported at once, by name, with what was expected, what was there and where it came from.
 */
export function readSettings(
  file: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string | undefined>>,
): SettingsResult {
  const given = new Map<string, { value: string; from: string }>()
  for (const name of Object.keys(settingsSchema.shape)) {
    const inFile = file.get(name)
    const inEnvironment = environment[name]
    if (inFile) given.set(name, { value: inFile, from: 'switchyard.env' })
    if (inEnvironment) given.set(name, { value: inEnvironment, from: 'the environment' })
  }
  const parsed = settingsSchema.safeParse(
    Object.fromEntries([...given].map(([name, { value }]) => [name, value])),
  )
  const problems = [
    ...unknownNames(file),
    ...(parsed.success
      ? [...samePorts(parsed.data), ...sameNetworks(parsed.data)]
      : wordsFor(parsed.error, given)),
    ...hiddenCharacters(given),
  ]
  if (parsed.success && problems.length === 0) return { ok: true, settings: parsed.data }
  return { ok: false, problems }
}

function unknownNames(file: ReadonlyMap<string, string>): SettingsProblem[] {
  const known = Object.keys(settingsSchema.shape)
  return [...file.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearestName(name, known)
      const advice =
        near === null ? "the app's own go into app.env or app.build.env" : `the nearest is ${near}`
      return `${name}: there is no setting of this name, ${advice} (switchyard.env)`
    })
}

function hiddenCharacters(given: ReadonlyMap<string, { value: string; from: string }>): SettingsProblem[] {
  return [...given].flatMap(([name, { value, from }]) => {
    const problem = hiddenIn(value)
    return problem === null ? [] : [`${name}: ${problem.replace(/\.$/, '')} (${from})`]
  })
}

function wordsFor(
  error: z.ZodError,
  given: ReadonlyMap<string, { value: string; from: string }>,
): SettingsProblem[] {
  return error.issues.map((issue) => {
    const name = issue.path.join('.')
    const { value, from } = given.get(name) ?? { value: '', from: 'nowhere' }
    return `${name}: ${issue.message}, got ${JSON.stringify(value)} (${from})`
  })
}

function samePorts(settings: Settings): SettingsProblem[] {
  const names = ['HTTP_PORT', 'PRIMARY_PORT', 'SECONDARY_PORT'] as const
  return names.flatMap((name, index) =>
    names
      .slice(index + 1)
      .filter((other) => settings[other] === settings[name])
      .map((other) => `${name} and ${other}: expected two different ports, got ${settings[name]} for both`),
  )
}

function sameNetworks(settings: Settings): SettingsProblem[] {
  const names = NETWORK_NAMES.map((network) => NETWORKS[network].setting)
  return names.flatMap((name, index) =>
    names
      .slice(index + 1)
      .filter((other) => settings[other] !== undefined && settings[other] === settings[name])
      .map(
        (other) => `${name} and ${other}: expected two different networks, got ${settings[name]} for both`,
      ),
  )
}
