import type Docker from 'dockerode'
import { HOSTS, type Part } from '../../topology/addresses.ts'
import { NETWORKS, type NetworkName, type Prefixes } from '../../topology/networks.ts'
import { NETWORK_LABEL, PROJECT_LABEL } from '../containers.ts'

/** Docker's id of the project's `network`; null where compose has not made it yet. */
export async function findNetwork(
  docker: Docker,
  project: string,
  network: NetworkName,
): Promise<string | null> {
  const label = [`${PROJECT_LABEL}=${project}`, `${NETWORK_LABEL}=${NETWORKS[network].key}`]
  const [found] = await docker.listNetworks({ filters: { label } })
  return found?.Id ?? null
}

/** The addresses of a container by the ids of the networks that it is on. */
export function addressesOn({ NetworkSettings }: Docker.ContainerInspectInfo): ReadonlyMap<string, string> {
  return new Map(
    Object.values(NetworkSettings.Networks ?? {}).map(({ NetworkID, IPAddress }) => [NetworkID, IPAddress]),
  )
}

/**
 * Takes a running container onto `network`, with the address of `part` there, while it serves: what is open stays open.
 * Answers whether it had to. Docker keeps it over restarts; compose gives the next container the same by itself.
 */
export async function joinNetwork(
  docker: Docker,
  { project, prefixes }: { project: string; prefixes: Prefixes },
  container: Docker.ContainerInspectInfo,
  network: NetworkName,
  part: Part,
): Promise<boolean> {
  const id = await findNetwork(docker, project, network)
  if (id === null) throw new Error(`Docker has no network ${NETWORKS[network].key} of the project ${project}`)
  if (addressesOn(container).has(id)) return false
  await docker.getNetwork(id).connect({
    Container: container.Id,
    EndpointConfig: { IPAMConfig: { IPv4Address: `${prefixes[network]}.${HOSTS[part]}` } },
  })
  return true
}
