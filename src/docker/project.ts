import { join } from 'node:path'
import type { Slot } from '../release/slot.ts'

/** The project that is released, as Docker's tools see it. */
export type Project = {
  /** Absolute, and the same inside the director's container and outside: compose resolves relative mounts by it. */
  directory: string
  /** Compose's name for it. */
  name: string
  /** The whole environment of docker, git and tar. Compose's variables are not in it: they come from the env file. */
  environment: Readonly<Record<string, string>>
}

/** What the tools may see of the director's environment. Compose would prefer a stale HTTP_PORT in it to the env file's. */
const PASSED =
  /^(PATH|HOME|DOCKER_CONFIG|BUILDX_CONFIG|GIT_CONFIG_[A-Z]+(_\d+)?|(HTTPS?|NO)_PROXY|(https?|no)_proxy)$/

/** `environment` is the director's own; of it the tools get only what concerns them. */
export function describeProject(options: {
  directory: string
  name: string
  socketPath: string
  environment: Readonly<Record<string, string | undefined>>
}): Project {
  const passed: Record<string, string> = { DOCKER_HOST: `unix://${options.socketPath}`, LC_ALL: 'C.UTF-8' }
  for (const [name, value] of Object.entries(options.environment)) {
    if (value !== undefined && PASSED.test(name)) passed[name] = value
  }
  return { directory: options.directory, name: options.name, environment: passed }
}

export const COMPOSE_FILE = 'docker-compose.release.yml'
const ENV_FILE = 'state/deployment_state.env'

export const serviceOf = (slot: Slot): string => `runtime_${slot}`

/** Compose on this project; `state/deployment_state.env` fills its variables. */
export function composeArgv({ directory, name }: Project, ...args: string[]): [string, ...string[]] {
  return [
    'docker',
    'compose',
    '--ansi=never',
    '--progress=plain',
    `--project-name=${name}`,
    `--project-directory=${directory}`,
    `--file=${join(directory, COMPOSE_FILE)}`,
    `--env-file=${join(directory, ENV_FILE)}`,
    ...args,
  ]
}

/** git on this project. The director runs as root, and git mistrusts a repository of another owner. */
export function gitArgv({ directory }: Project, ...args: string[]): [string, ...string[]] {
  return [
    'git',
    '-c',
    `safe.directory=${directory}`,
    '-c',
    'core.fsmonitor=false',
    '--no-optional-locks',
    ...args,
  ]
}
