import { createServer } from 'node:net'
import type Docker from 'dockerode'
import type { Settings } from '../config/settings.ts'
import { reasonOf } from '../release/errors.ts'
import type { Prefixes } from '../topology/networks.ts'
import { isOurs, nameOf, PROJECT_DIRECTORY_LABEL, projectContainers, projectOf } from './containers.ts'
import { cpuProblems } from './cpu-limits.ts'
import { SettingsRefusal } from './failure.ts'
import type { InUse } from './networks/in-use.ts'
import { networkProblems } from './networks/problems.ts'
import { processOnPort } from './port-holder.ts'

const SOCKET_PATH_CAP_BYTES = 107

/** What `settings` are held against: the machine that they are for, and this clone. */
export type Room = {
  docker: Docker
  cores: number
  directory: string
  slotsSocket: string
  prefixes: Prefixes
  /** What others use of this machine's networks. */
  inUse: readonly InUse[]
}

/**
 * Checks that names, ports and networks of `settings` are free or already ours, and that the machine has what they ask for.
 * Throws one `SettingsRefusal` that names every problem.
 */
export async function checkRoom(
  settings: Settings,
  { docker, cores, directory, slotsSocket, prefixes, inUse }: Room,
): Promise<void> {
  const containers = await docker.listContainers({ all: true })
  const problems = [
    ...pathProblems(slotsSocket),
    ...projectProblems(containers, settings, directory),
    ...renameProblems(containers, settings, directory),
    ...nameProblems(containers, settings),
    ...cpuProblems(settings, cores),
    ...(await portProblems(containers, settings)),
    ...(await networkProblems(docker, prefixes, settings.COMPOSE_PROJECT_NAME, inUse)),
  ]
  if (problems.length === 0) return
  throw new SettingsRefusal(
    problems.join('\n'),
    'Write the settings that are to change into switchyard.env (for example `HTTP_PORT=8080`), then run the command again.',
  )
}

type Container = Awaited<ReturnType<Docker['listContainers']>>[number]

// The kernel cuts a socket's address off beyond this.
function pathProblems(socket: string): string[] {
  const bytes = Buffer.byteLength(socket)
  if (bytes <= SOCKET_PATH_CAP_BYTES) return []
  return [
    `This directory's path is ${bytes - SOCKET_PATH_CAP_BYTES} bytes too long for the director's socket (${socket}): move the clone to a shorter path.`,
  ]
}

function projectProblems(containers: readonly Container[], settings: Settings, directory: string): string[] {
  const elsewhere = projectContainers(containers, settings.COMPOSE_PROJECT_NAME)
    .map((container) => container.Labels[PROJECT_DIRECTORY_LABEL])
    .find((other) => other !== undefined && other !== directory)
  if (elsewhere === undefined) return []
  return [
    `The project ${settings.COMPOSE_PROJECT_NAME} already runs from ${elsewhere}: set another COMPOSE_PROJECT_NAME (with ports, NETWORK_PREFIX and CONTAINER_PREFIX of its own) for this clone.`,
  ]
}

// A setting that was given by the environment once is gone with the next run.
function renameProblems(containers: readonly Container[], settings: Settings, directory: string): string[] {
  const before = containers
    .filter((container) => container.Labels[PROJECT_DIRECTORY_LABEL] === directory)
    .map(projectOf)
    .find((project) => project !== settings.COMPOSE_PROJECT_NAME)
  if (before === undefined) return []
  return [
    `This clone runs as the project ${before}: keep COMPOSE_PROJECT_NAME=${before} in switchyard.env, or run \`npm run down\` first.`,
  ]
}

const CONTAINER_NAMES = ['env-primary', 'env-secondary', 'proxy-director', 'release-director']

function nameProblems(containers: readonly Container[], settings: Settings): string[] {
  return CONTAINER_NAMES.map((name) => `${settings.CONTAINER_PREFIX}${name}`)
    .filter((name) =>
      containers.some((other) => nameOf(other) === name && !isOurs(other, settings.COMPOSE_PROJECT_NAME)),
    )
    .map((name) => `A container of another project is called ${name}: set CONTAINER_PREFIX.`)
}

async function portProblems(containers: readonly Container[], settings: Settings): Promise<string[]> {
  const wanted = [
    { setting: 'HTTP_PORT', address: settings.HTTP_ADDRESS, port: settings.HTTP_PORT },
    { setting: 'PRIMARY_PORT', address: '127.0.0.1', port: settings.PRIMARY_PORT },
    { setting: 'SECONDARY_PORT', address: '127.0.0.1', port: settings.SECONDARY_PORT },
  ]
  const problems = await Promise.all(
    wanted.map(async ({ setting, address, port }) => {
      const publisher = containers.find((container) =>
        container.Ports.some(({ PublicPort }) => PublicPort === port),
      )
      if (publisher !== undefined && isOurs(publisher, settings.COMPOSE_PROJECT_NAME)) return null
      const refusal = await refusalToListen(address, port)
      if (publisher === undefined && refusal === null) return null
      if (refusal !== null && refusal !== 'EADDRINUSE') {
        return `Port ${port} of ${address} can't be used (${refusal}): change ${setting}${setting === 'HTTP_PORT' ? ' or HTTP_ADDRESS' : ''}.`
      }
      const holder =
        publisher === undefined ? await processOnPort(port) : `the container ${nameOf(publisher)}`
      return `Port ${port} is taken${holder === null ? '' : ` by ${holder}`}: stop that, or change ${setting}.`
    }),
  )
  return problems.filter((problem) => problem !== null)
}

/** The code with which the system refuses to listen there, or null when it lets us. */
async function refusalToListen(address: string, port: number): Promise<string | null> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: address, port, exclusive: true }, resolve)
    })
    return null
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : reasonOf(error)
  } finally {
    server.close()
  }
}
