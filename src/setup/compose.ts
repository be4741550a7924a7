import { join } from 'node:path'
import type Docker from 'dockerode'
import { CommandFailure } from '../docker/command.ts'
import { composeArgv, serviceOf } from '../docker/project.ts'
import { readRedaction } from '../docker/redact.ts'
import { unreadEnvironments } from '../docker/slot-variables.ts'
import { SLOTS } from '../release/slot.ts'
import { addressOf } from '../topology/addresses.ts'
import type { Prefixes } from '../topology/networks.ts'
import type { BaseImages } from './base-images.ts'
import { SetupFailure } from './failure.ts'
import type { Paths } from './paths.ts'
import type { Say } from './progress.ts'
import { type Errand, projectBinds, runErrand } from './toolbox.ts'

const COMPOSE_TIMEOUT_MS = 3 * 60_000
const TEST_TIMEOUT_MS = 30_000

export type ComposeRequest = {
  paths: Paths
  tools: string
  project: string
  services: readonly string[]
  /** Beats the env file: `NAME=value`. */
  env?: readonly string[]
  /** Has them made anew also where compose sees no change. */
  isForced?: boolean
  /** A file of compose's that changes what the project's own says. */
  override?: string
}

/** Has compose create, start or update `services`, and nothing else. Throws `SetupFailure`. */
export async function composeUp(docker: Docker, request: ComposeRequest, say: Say): Promise<void> {
  try {
    await run(docker, request, [], say)
  } catch (cause) {
    throw refusal(`Compose could not start ${request.services.join(' and ')}.`, cause)
  }
}

/**
 * Has compose make the networks that `services` are on. A container that is there stays as it is, and one that is not is made
 * and not started. Throws `SetupFailure`.
 */
export async function createNetworks(docker: Docker, request: ComposeRequest, say: Say): Promise<void> {
  const argv = ['create', '--no-build', '--no-recreate', ...request.services]
  try {
    await runErrand(docker, composeErrand(request, argv), say)
  } catch (cause) {
    throw refusal('Compose could not make the networks.', cause)
  }
}

const refusal = (what: string, cause: unknown): SetupFailure =>
  new SetupFailure(what, 'Mend what it says, then run the command again.', {
    cause,
    detail: cause instanceof CommandFailure ? cause.lines.slice(-20).join('\n') : undefined,
  })

/**
 * Asks compose which containers of `services` it would make anew now, and changes nothing; answers with their names.
 * Throws `CommandFailure`. (`config --hash` can't tell it: it leaves `env_file` out, which the hash on a container counts.)
 */
export async function wouldRecreate(docker: Docker, request: ComposeRequest): Promise<string[]> {
  const lines = await run(docker, request, ['--dry-run'], () => undefined)
  return lines.flatMap((line) => /Container (\S+)\s+Recreate$/.exec(line.trimEnd())?.[1] ?? [])
}

/** What compose says of an env file that it can't read holds what is in it. */
async function run(
  docker: Docker,
  request: ComposeRequest,
  flags: readonly string[],
  say: Say,
): Promise<readonly string[]> {
  const redact = await readRedaction(request.paths)
  try {
    return await runErrand(docker, upErrand(request, ...flags), (line) => say(redact(line)))
  } catch (cause) {
    if (!(cause instanceof CommandFailure)) throw cause
    throw new CommandFailure(cause.message, cause.lines.map(redact), cause.cause)
  }
}

function upErrand(request: ComposeRequest, ...flags: string[]): Errand {
  const force = request.isForced === true ? ['--force-recreate'] : []
  const argv = ['up', '-d', '--no-deps', '--no-build', ...force, ...flags, ...request.services]
  return composeErrand(request, argv)
}

function composeErrand(request: ComposeRequest, argv: readonly string[]): Errand {
  const { paths, tools, project, services, env = [], override } = request
  const started = SLOTS.filter((slot) => services.includes(serviceOf(slot)))
  const unread = Object.entries(unreadEnvironments(started)).map(([name, path]) => `${name}=${path}`)
  const described = { directory: paths.directory, name: project, environment: {} }
  const over = override === undefined ? [] : [`--file=${override}`]
  return {
    image: tools,
    argv: composeArgv(described, ...over, ...argv),
    env: [...unread, ...env],
    binds: projectBinds(paths.directory),
    cwd: paths.directory,
    timeoutMs: COMPOSE_TIMEOUT_MS,
  }
}

/** The names by which nginx's container knows the slots, as the compose file gives them to it. */
export const slotHosts = (prefixes: Prefixes): string[] =>
  SLOTS.map((slot) => `slot-${slot}:${addressOf(prefixes, slot)}`)

/** Has nginx test the configuration in a container of its own, before the one that serves is touched. Throws `SetupFailure` in nginx's words. */
export async function testNginx(
  docker: Docker,
  paths: Paths,
  base: BaseImages,
  prefixes: Prefixes,
  say: Say,
): Promise<void> {
  try {
    await runErrand(
      docker,
      {
        image: base.nginx,
        argv: ['nginx', '-t', '-c', '/etc/switchyard/nginx/proxy.conf'],
        binds: [
          `${paths.nginx}:/etc/switchyard/nginx:ro`,
          `${join(paths.state, 'assets')}:/srv/assets:ro`,
          `${join(paths.state, 'traffic')}:/var/log/switchyard`,
        ],
        user: '1000:1000',
        tmpfs: { '/tmp': 'uid=1000,gid=1000,mode=0700,size=64m' },
        extraHosts: slotHosts(prefixes),
        // It has none of the addresses that nginx listens on.
        sysctls: { 'net.ipv4.ip_nonlocal_bind': '1' },
        timeoutMs: TEST_TIMEOUT_MS,
      },
      say,
    )
  } catch (cause) {
    throw new SetupFailure(
      'nginx refuses the configuration in nginx/; what runs was not touched.',
      'Mend the file and line that it names, then run the command again.',
      { cause, detail: cause instanceof CommandFailure ? cause.lines.slice(-20).join('\n') : undefined },
    )
  }
}
