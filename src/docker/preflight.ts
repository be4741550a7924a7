import type Docker from 'dockerode'
import { z } from 'zod'
import { ReleaseError, reasonOf } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import type { PreflightFindings } from '../release/ports.ts'
import type { Slot } from '../release/slot.ts'
import { runCommand } from './command.ts'
import { imagesRoots } from './disk/images-root.ts'
import { ask } from './engine.ts'
import {
  diskVerdict,
  type FreeDisk,
  memoryVerdict,
  readAvailableMemory,
  readDockerDisk,
  readFreeDisk,
} from './host-capacity.ts'
import { composeArgv, type Project, serviceOf } from './project.ts'
import { unreadEnvironments } from './slot-variables.ts'

export type Finding = PreflightFindings[number]

const COMPOSE_DEADLINE_MS = 20_000
const VERSION_HOLDS_MS = 60_000
/** Docker 20.10, the oldest that this was tried on. */
const OLDEST_API = { text: '1.41', major: 1, minor: 41 } as const

const versionSchema = z.object({ Version: z.string(), ApiVersion: z.string().regex(/^\d+\.\d+$/) })

/**
 * Tells the daemon's version where it answers now. For `GET /version` the daemon starts runc and docker-init to ask theirs, so it
 * is asked again only a minute later, or after a failure; `GET /_ping` is asked between. Throws `docker-unreachable`, `aborted`.
 */
export function dockerVersion(docker: Docker): (signal: AbortSignal) => Promise<string> {
  let told: { version: string; atMs: number } | null = null
  return async (signal) => {
    try {
      if (told !== null && performance.now() - told.atMs < VERSION_HOLDS_MS) {
        const { version } = told
        await ask(signal, () => docker.ping())
        return version
      }
      const { Version } = versionSchema.parse(await ask(signal, () => docker.version()))
      told = { version: Version, atMs: performance.now() }
      return Version
    } catch (cause) {
      told = null
      throw cause
    }
  }
}

/** Whether Docker answers and is new enough. */
export async function dockerFinding(docker: Docker, signal: AbortSignal): Promise<Finding> {
  try {
    const { Version, ApiVersion } = versionSchema.parse(await ask(signal, () => docker.version()))
    const [major = 0, minor = 0] = ApiVersion.split('.').map(Number)
    const isOld = major < OLDEST_API.major || (major === OLDEST_API.major && minor < OLDEST_API.minor)
    if (!isOld) return { name: 'docker', outcome: 'ok', sentence: `Docker ${Version} answers.` }
    return {
      code: 'docker-unreachable',
      name: 'docker',
      outcome: 'refused',
      sentence: `Docker ${Version} is too old: it speaks version ${ApiVersion} of its API, ${OLDEST_API.text} is needed.`,
    }
  } catch (cause) {
    return refusal('docker', 'docker-unreachable', cause)
  }
}

/** Free space and inodes where Docker keeps its images and where the project and its state/ are. */
export async function diskFinding(
  docker: Docker,
  project: Project,
  minFreeBytes: number,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    return diskVerdict(await readDisks(docker, project, signal), minFreeBytes)
  } catch (cause) {
    return refusal('disk', 'disk-full', cause)
  }
}

/** The disk of Docker's images, where Docker tells it, and that of the project. Throws `aborted`. */
export async function readDisks(
  docker: Docker,
  { directory }: Project,
  signal: AbortSignal,
): Promise<readonly [FreeDisk, ...FreeDisk[]]> {
  const roots = await rootsOf(docker, signal)
  const own = await readFreeDisk(directory)
  return roots.length === 0 ? [own] : [await readDockerDisk(roots), own]
}

const configSchema = z.object({
  services: z.record(z.string(), z.object({ mem_limit: z.coerce.number().nonnegative().optional() })),
})

/**
 * Whether the compose file is valid with its env file, in compose's own words where it is not, and whether `slot` can run
 * at its limit beside the live one; `reclaimable` tells what its present container uses and gives back. One run of compose
 * answers both.
 */
export async function composeFindings(
  project: Project,
  slot: Slot,
  reclaimable: (signal: AbortSignal) => Promise<number>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const [config, reclaimableBytes] = await Promise.all([readConfig(project, signal), reclaimable(signal)])
  if (config.services === null) return [config.finding]
  const limitBytes = config.services[serviceOf(slot)]?.mem_limit ?? 0
  const availableBytes = (await readAvailableMemory()) + reclaimableBytes
  return [memoryVerdict({ limitBytes, availableBytes }), config.finding]
}

/** `services` is null where compose did not name any that we can read. */
type Config = { finding: Finding; services: z.infer<typeof configSchema>['services'] | null }

async function readConfig(project: Project, signal: AbortSignal): Promise<Config> {
  const name = 'compose'
  try {
    const text = await composeOutput(project, ['config', '--format', 'json'], signal)
    const services = configSchema.safeParse(JSON.parse(text)).data?.services ?? null
    return { finding: { name, outcome: 'ok', sentence: 'The compose file is valid.' }, services }
  } catch (cause) {
    return { finding: refusal(name, 'compose-invalid', cause), services: null }
  }
}

/** What `docker compose ARGS` writes. Throws an `Error` in compose's words, or `aborted`. */
export async function composeOutput(
  project: Project,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const { code, captured, lines } = await runCommand({
    argv: composeArgv(project, ...args),
    cwd: project.directory,
    env: { ...project.environment, ...unreadEnvironments([]) },
    signal,
    timeoutMs: COMPOSE_DEADLINE_MS,
    stdout: 'capture',
  })
  if (code === 0) return captured.toString('utf8')
  throw new Error(`Compose refuses it: ${lines.slice(-3).join(' ') || `exit code ${code}`}`)
}

async function rootsOf(docker: Docker, signal: AbortSignal): Promise<string[]> {
  const info: unknown = await ask(signal, () => docker.info()).catch((cause: unknown) => {
    if (cause instanceof ReleaseError && cause.code === 'aborted') throw cause
    return null
  })
  return imagesRoots(info)
}

function refusal(name: string, code: NonNullable<Finding['code']>, cause: unknown): Finding {
  if (cause instanceof ReleaseError && cause.code === 'aborted') throw cause
  const text = cause instanceof ReleaseError ? describeError(cause, '').what : reasonOf(cause)
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return { code, name, outcome: 'refused', sentence: /[.!?]$/.test(sentence) ? sentence : `${sentence}.` }
}
