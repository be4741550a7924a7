import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { FIRST_START_FILE } from '../../config/first-start.ts'
import { runCommand } from '../../docker/command.ts'
import { composeArgv, describeProject } from '../../docker/project.ts'
import { writeAdmin } from '../../nginx/admin.ts'
import { writeLimits } from '../../nginx/limits.ts'
import { SLOTS } from '../../release/slot.ts'
import { updateEnvFile } from '../../state/env-file.ts'
import { adminOf } from '../../topology/addresses.ts'
import { prefixesOf } from '../../topology/networks.ts'
import { type Container, projectContainers, serviceOf } from '../containers.ts'
import { SetupFailure } from '../failure.ts'
import { limitsOf } from '../limits.ts'
import { pathsOf } from '../paths.ts'
import type { Say } from '../progress.ts'
import { settingsOf } from '../read-settings.ts'
import { linkEnvFile, prepareState } from '../state-directory.ts'
import { writeEnvFile } from '../write-env.ts'

const COMPOSE_TIMEOUT_MS = 3 * 60_000
const RESTART_GRACE_SECONDS = 5

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Makes of what compose has started in `directory` a system that set-up would have made: state, settings as they were
 * given to compose, the images that the slots run. Then compose makes the director anew, with the project at its own path,
 * and the director takes the running slots over. Throws `SetupFailure`.
 */
export async function takeOver(
  docker: Docker,
  directory: string,
  environment: Environment,
  say: Say,
): Promise<void> {
  const paths = pathsOf(directory)
  const settings = await settingsOf(paths, environment)
  const containers = projectContainers(
    await docker.listContainers({ all: true }),
    settings.COMPOSE_PROJECT_NAME,
  )
  await prepareState(paths)
  await linkEnvFile(paths)
  await updateEnvFile(paths.envFile, await slotsAsStarted(docker, containers))
  const image = environment.DIRECTOR_IMAGE ?? ''
  const { NODE_IMAGE: node, NGINX_IMAGE: nginx } = settings
  const prefixes = prefixesOf(environment)
  await writeEnvFile(paths, settings, prefixes, { node, nginx, tools: image, director: image })
  await writeAdmin(paths.nginxLive, adminOf(prefixes))
  await writeLimits(paths.nginxLive, limitsOf(settings))
  await writeFile(join(directory, FIRST_START_FILE), '')
  say('State and settings are there; nginx and the director start anew with them.')
  const proxy = containers.find((container) => serviceOf(container) === 'traffic_proxy')
  // Until now it had no log that it may write to, nor the settings' limits.
  if (proxy !== undefined) await docker.getContainer(proxy.Id).restart({ t: RESTART_GRACE_SECONDS })
  await renewDirector(directory, settings.COMPOSE_PROJECT_NAME, environment, say)
}

/** Exactly the strings that the slots were started with: with others the next plain `compose up` would recreate them. */
async function slotsAsStarted(
  docker: Docker,
  containers: readonly Container[],
): Promise<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const slot of SLOTS) {
    const found = containers.find((container) => serviceOf(container) === `runtime_${slot}`)
    if (found === undefined) continue
    const { Config } = await docker.getContainer(found.Id).inspect()
    const release = Config.Env.find((line) => line.startsWith('SWITCHYARD_RELEASE='))
    values[`${slot.toUpperCase()}_IMAGE`] = Config.Image
    values[`${slot.toUpperCase()}_RELEASE`] = release?.split('=')[1] ?? '1'
  }
  return values
}

async function renewDirector(directory: string, name: string, environment: Environment, say: Say) {
  const project = describeProject({ directory, name, socketPath: '/var/run/docker.sock', environment })
  const { code, lines } = await runCommand({
    argv: composeArgv(project, 'up', '-d', '--no-deps', '--no-build', 'director'),
    cwd: directory,
    env: project.environment,
    signal: new AbortController().signal,
    timeoutMs: COMPOSE_TIMEOUT_MS,
    log: say,
  })
  if (code === 0) return
  throw new SetupFailure('Compose could not make the director anew.', 'Mend what it says.', {
    detail: lines.slice(-20).join('\n'),
  })
}
