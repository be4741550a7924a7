import { readFile } from 'node:fs/promises'
import type Docker from 'dockerode'
import { CommandFailure } from '../../docker/command.ts'
import { ask, dockerWords, statusCodeOf } from '../../docker/engine.ts'
import { wouldRecreate } from '../../setup/compose.ts'
import {
  type Container,
  isOurs,
  NETWORK_LABEL,
  nameOf,
  PROJECT_LABEL,
  serviceOf,
} from '../../setup/containers.ts'
import { addressOf } from '../../topology/addresses.ts'
import { NETWORKS, type NetworkName } from '../../topology/networks.ts'
import type { Place } from '../place.ts'
import type {
  ContainerSight,
  DockerSight,
  EnvFileSight,
  JournalSight,
  NetworkSight,
  System,
} from '../seen.ts'
import { SERVICE_NAMES, SERVICES, type Service } from '../services.ts'
import { describeContainer } from './container.ts'

/** What Docker holds of the project, and what it holds in its way. Throws `docker-unreachable`. */
export async function lookAtDocker(
  { docker, paths }: Pick<Place, 'docker' | 'paths'>,
  known: {
    system: System
    containers: readonly Container[]
    envFile: EnvFileSight
    journal: JournalSight
    /** Starts a container for it, which takes half a second. */
    asksCompose: boolean
  },
  signal: AbortSignal,
): Promise<DockerSight> {
  const { system, containers, envFile, journal, asksCompose } = known
  const own = containers.filter((container) => isOurs(container, system.project) && !isOneOff(container))
  const services = await servicesIn(docker, own, system, signal)
  const inSlots = [...services.runtime_primary, ...services.runtime_secondary]
  const present = Object.values(services).flat()
  return {
    kind: 'seen',
    services,
    strangers: strangersIn(containers, system),
    orphans: await orphansIn(own, paths.composeFile),
    images: await imagesOf(docker, journal, signal),
    presentImageIds: new Set(await presentIds(docker, inSlots, signal)),
    networks: await networksOf(docker, system, present, signal),
    recreated:
      !asksCompose || envFile.kind === 'absent' || present.length === 0
        ? { names: [] }
        : await recreatedBy({ docker, paths }, system, services),
  }
}

const isOneOff = ({ Labels }: Container): boolean => Labels['com.docker.compose.oneoff'] === 'True'

async function servicesIn(
  docker: Docker,
  own: readonly Container[],
  { prefixes }: System,
  signal: AbortSignal,
): Promise<DockerSight['services']> {
  const of = async (service: Service): Promise<ContainerSight[]> => {
    const found = own.filter((container) => serviceOf(container) === service)
    const sights = await Promise.all(found.map(({ Id }) => describeContainer(docker, Id, signal)))
    const address = addressOf(prefixes, SERVICES[service].part)
    return sights
      .filter((sight) => sight !== null)
      .toSorted((a, b) => rank(b, address) - rank(a, address) || b.startedAtMs - a.startedAtMs)
  }
  const [runtime_primary, runtime_secondary, traffic_proxy, director] = await Promise.all([
    of('runtime_primary'),
    of('runtime_secondary'),
    of('traffic_proxy'),
    of('director'),
  ])
  return { runtime_primary, runtime_secondary, traffic_proxy, director }
}

/** The one that does the work comes first: the director takes the running one too. */
function rank({ state, addresses }: ContainerSight, wanted: string): number {
  return (state === 'running' ? 2 : 0) + ([...addresses.values()].includes(wanted) ? 1 : 0)
}

function strangersIn(containers: readonly Container[], system: System): DockerSight['strangers'] {
  return SERVICE_NAMES.flatMap((service) => {
    const name = `${system.containerPrefix}${SERVICES[service].name}`
    const holder = containers.find((container) => nameOf(container) === name)
    return holder === undefined || isOurs(holder, system.project) ? [] : [{ service, name }]
  })
}

/** The compose file is read for the names alone: a service that its owner has added is none of our business. */
async function orphansIn(own: readonly Container[], composeFile: string): Promise<DockerSight['orphans']> {
  const text = await readFile(composeFile, 'utf8').catch(() => null)
  if (text === null) return []
  const block = /^services:\s*\n((?:[ #\n].*\n?|\n)*)/m.exec(text)?.[1] ?? ''
  const known = [...block.matchAll(/^ {2}([\w.-]+):/gm)].map(([, name]) => name)
  return own
    .filter((container) => !known.includes(serviceOf(container)))
    .map((container) => ({ name: nameOf(container), service: serviceOf(container), state: container.State }))
}

async function imagesOf(
  docker: Docker,
  journal: JournalSight,
  signal: AbortSignal,
): Promise<DockerSight['images']> {
  if (journal.kind !== 'read') return new Map()
  const { primary, secondary } = journal.holders
  const names = [primary, secondary].flatMap((holder) => holder?.build?.image ?? [])
  const found = names.map(async (name) => [name, await imageId(docker, name, signal)] as const)
  return new Map(await Promise.all(found))
}

async function presentIds(
  docker: Docker,
  containers: readonly ContainerSight[],
  signal: AbortSignal,
): Promise<string[]> {
  const ids = containers.map(({ imageId: id }) => imageId(docker, id, signal))
  return (await Promise.all(ids)).filter((id) => id !== null)
}

async function imageId(docker: Docker, name: string, signal: AbortSignal): Promise<string | null> {
  try {
    return (await ask(signal, () => docker.getImage(name).inspect())).Id
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return null
    throw cause
  }
}

async function networksOf(
  docker: Docker,
  { project }: System,
  own: readonly ContainerSight[],
  signal: AbortSignal,
): Promise<DockerSight['networks']> {
  const of = (network: NetworkName) => networkOf(docker, project, network, own, signal)
  const [control, primary, secondary] = await Promise.all([of('control'), of('primary'), of('secondary')])
  return { control, primary, secondary }
}

async function networkOf(
  docker: Docker,
  project: string,
  sought: NetworkName,
  own: readonly ContainerSight[],
  signal: AbortSignal,
): Promise<NetworkSight | null> {
  const label = [`${PROJECT_LABEL}=${project}`, `${NETWORK_LABEL}=${NETWORKS[sought].key}`]
  const [listed] = await ask(signal, () => docker.listNetworks({ filters: { label } }))
  if (listed === undefined) return null
  const network: Docker.NetworkInspectInfo = await ask(signal, () => docker.getNetwork(listed.Id).inspect())
  const ids = new Set(own.map(({ id }) => id))
  const strangers = Object.entries(network.Containers ?? {})
    .filter(([id]) => !ids.has(id))
    .map(([id, { Name, IPv4Address }]) => ({
      name: Name || id.slice(0, 12),
      address: IPv4Address.replace(/\/\d+$/, ''),
    }))
  return { name: network.Name, subnet: network.IPAM?.Config?.[0]?.Subnet ?? '', strangers }
}

async function recreatedBy(
  { docker, paths }: Pick<Place, 'docker' | 'paths'>,
  { project, toolsImage }: System,
  services: DockerSight['services'],
): Promise<DockerSight['recreated']> {
  const names = SERVICE_NAMES.filter((service) => services[service].length > 0)
  try {
    return { names: await wouldRecreate(docker, { paths, tools: toolsImage, project, services: names }) }
  } catch (cause) {
    const said = cause instanceof CommandFailure ? cause.lines.at(-1) : undefined
    return { problem: (said ?? dockerWords(cause)).replace(/\.$/, '') }
  }
}
