import { lstat, realpath, rm } from 'node:fs/promises'
import type Docker from 'dockerode'
import { z } from 'zod'
import { removeCacheVolumes, removeLeftBuilds } from '../docker/building/left-builds.ts'
import { removePackages } from '../docker/building/packages.ts'
import { canAsk, confirm } from './ask.ts'
import {
  type Container,
  nameOf,
  PROJECT_DIRECTORY_LABEL,
  projectContainers,
  serviceOf,
} from './containers.ts'
import { answers } from './docker-install.ts'
import { engineClient } from './docker-ready.ts'
import { Declined, SetupFailure } from './failure.ts'
import { removeHostCommand } from './host-command/remove.ts'
import { type Paths, pathsOf } from './paths.ts'
import type { Say } from './progress.ts'
import { purgeImages } from './purge-images.ts'
import { appliedProject, settingsOf } from './read-settings.ts'
import { removeEndedErrands } from './toolbox.ts'
import { underLock } from './under-lock.ts'
import type { SetupOptions } from './up.ts'

/** First nobody gets in, then what serves stops, last the one that watches it. */
const ORDER = ['traffic_proxy', 'runtime_primary', 'runtime_secondary', 'director']
const STOP_AFTER_SECONDS = 30
const REMOVE_TIMEOUT_MS = 60_000

const networkSchema = z.object({ Containers: z.record(z.string(), z.object({ Name: z.string() })).nullish() })

/** Removes the project's containers and network; with `isPurge`, after asking, its data and images too. Throws `SetupFailure`. */
export async function takeDown(options: SetupOptions & { isPurge: boolean }): Promise<void> {
  const { progress, environment, isPurge, isAgreed } = options
  const paths = pathsOf(await realpath(options.directory))
  const settings = await settingsOf(paths, environment.variables)
  const project = (await appliedProject(paths)) ?? settings.COMPOSE_PROJECT_NAME
  if (isPurge && !isAgreed) await agreeToPurge(paths)
  const docker = engineClient()
  if (!(await answers(docker))) {
    throw new SetupFailure(
      'Docker does not answer, so nothing of this project runs, and nothing can be removed from it.',
      'Start Docker, then run the command again.',
    )
  }
  await removeEndedErrands(docker)
  refuseForeign(await ownContainers(docker, project), project, paths.directory)
  const locked = await underLock(paths, { user: environment.user, verb: 'take-down' }, async () => {
    const containers = await ownContainers(docker, project)
    await progress.step(
      'Stop and remove the containers',
      (say) => removeContainers(docker, containers, say),
      () => (containers.length === 0 ? 'there were none' : `${containers.length} removed`),
    )
    await removeLeftBuilds(docker, project, AbortSignal.timeout(REMOVE_TIMEOUT_MS))
    await removeSockets(paths)
    await removeNetworks(docker, project, progress)
    if (!isPurge) return []
    await removeHostCommand(paths.directory, environment.commandPrefix)
    return progress.step('Remove data and images', (say) => purge(docker, paths, project, say))
  })
  if ('busy' in locked) {
    throw new SetupFailure(
      `${locked.busy}, so nothing was stopped.`,
      'Wait until it has ended, or abort it with `switchyard abort`, then run the command again.',
    )
  }
  progress.note(
    isPurge ? purged(locked.result) : 'Down. All data is kept: `npm run up` brings the same builds back.',
  )
}

function purged(kept: readonly string[]): string {
  const rest = [
    'its files in git are as they were. What is yours beside them stays: switchyard.env, app.env, app.build.env, node_modules.',
    'Base images stay, since other projects on this host may use them.',
    "What builds left in Docker's build cache stays too; `docker builder prune` frees it.",
  ].join('\n')
  if (kept.length === 0) return `All that was set up here is gone; ${rest}`
  return `All that was set up here is gone but ${kept.join(', ')}, which something else uses; ${rest}`
}

async function ownContainers(docker: Docker, project: string): Promise<Container[]> {
  return projectContainers(await docker.listContainers({ all: true }), project)
}

async function agreeToPurge(paths: Paths): Promise<void> {
  const question = `This deletes ${paths.state} (releases, operators, logs), the routing state and this project's images. Go on?`
  if (await confirm(question, { isYesByDefault: false, withoutTerminal: false })) return
  if (canAsk()) throw new Declined('Nothing was removed.')
  throw new SetupFailure(
    'Nothing was removed.',
    'Without a terminal, `npm run down -- --purge --yes` says yes.',
  )
}

function refuseForeign(containers: readonly Container[], project: string, directory: string): void {
  const elsewhere = containers
    .map((container) => container.Labels[PROJECT_DIRECTORY_LABEL])
    .find((other) => other !== undefined && other !== directory)
  if (elsewhere === undefined) return
  throw new SetupFailure(
    `The project ${project} runs from ${elsewhere}, not from here; nothing was stopped.`,
    'Run the command there.',
  )
}

async function removeContainers(docker: Docker, containers: readonly Container[], say: Say): Promise<void> {
  const inOrder = [...containers].sort((a, b) => placeOf(a) - placeOf(b))
  for (const described of inOrder) {
    const container = docker.getContainer(described.Id)
    const isRunning = described.State === 'running' || described.State === 'restarting'
    say(`${nameOf(described)}${isRunning ? `: ${waitOf(described)}` : ''}`)
    if (isRunning) await container.stop({ t: STOP_AFTER_SECONDS })
    await container.remove({ force: true })
  }
}

/** What others have added to the compose file, such as a database, is needed as long as the slots are. */
function placeOf(container: Container): number {
  const place = ORDER.indexOf(serviceOf(container))
  return place === -1 ? ORDER.length : place
}

/** What its stop may wait for: nginx ends with its last open connection, and every open console is one. */
function waitOf(container: Container): string {
  return serviceOf(container) === 'traffic_proxy'
    ? `waits up to ${STOP_AFTER_SECONDS} s for open connections`
    : `waits up to ${STOP_AFTER_SECONDS} s for what it has begun`
}

/** One that a killed director left says that it refuses, where there is none any more. */
async function removeSockets(paths: Paths): Promise<void> {
  for (const socket of paths.sockets) await rm(socket, { force: true })
}

/** One that others have joined, such as a database of another project, stays for them; the next `up` uses it again. */
async function removeNetworks(
  docker: Docker,
  project: string,
  { note }: SetupOptions['progress'],
): Promise<void> {
  const networks = await docker.listNetworks({
    filters: { label: [`com.docker.compose.project=${project}`] },
  })
  for (const { Id, Name } of networks) {
    const joined = networkSchema.parse(await docker.getNetwork(Id).inspect()).Containers ?? {}
    const names = Object.values(joined).map((container) => container.Name)
    if (names.length === 0) await docker.getNetwork(Id).remove()
    else
      note(
        `The network ${Name} stays, since ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} on it.`,
      )
  }
}

async function purge(docker: Docker, paths: Paths, project: string, say: Say): Promise<readonly string[]> {
  const kept = await purgeImages(docker, project, say)
  await removePackages(docker, project, 0, AbortSignal.timeout(REMOVE_TIMEOUT_MS))
  await removeCacheVolumes(docker, project, AbortSignal.timeout(REMOVE_TIMEOUT_MS))
  const link = await lstat(paths.envLink).catch(() => null)
  if (link?.isSymbolicLink()) await rm(paths.envLink)
  await rm(paths.nginxLive, { recursive: true, force: true })
  await rm(paths.state, { recursive: true, force: true })
  return kept
}
