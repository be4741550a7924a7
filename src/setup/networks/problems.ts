import type Docker from 'dockerode'
import { NETWORK_NAMES, NETWORKS, type Prefixes, subnetOf } from '../../topology/networks.ts'
import { NETWORK_LABEL } from '../containers.ts'
import { type InUse, isOf, subnetsOf } from './in-use.ts'
import { overlaps } from './subnet.ts'

/** Why these networks can't be made, or can't be changed to, a sentence each. */
export async function networkProblems(
  docker: Docker,
  prefixes: Prefixes,
  project: string,
  inUse: readonly InUse[],
): Promise<string[]> {
  const own = (await docker.listNetworks()).filter(isOf(project))
  return NETWORK_NAMES.flatMap((network) => {
    const { key, setting } = NETWORKS[network]
    const wanted = subnetOf(prefixes[network])
    const there = own.find(({ Labels }) => Labels?.[NETWORK_LABEL] === key)
    const [isAt] = there === undefined ? [] : subnetsOf(there)
    if (isAt === wanted) return []
    if (isAt !== undefined) {
      return [
        `${setting} was changed, but the containers still use ${isAt}: run \`npm run down\` first (it keeps all data), then \`npm run up\`.`,
      ]
    }
    const ours = own.find((other) => subnetsOf(other).some((subnet) => overlaps(subnet, wanted)))
    const words =
      ours === undefined
        ? inUse.find(({ subnet }) => overlaps(subnet, wanted))?.words
        : `Docker's network ${ours.Name}`
    return words === undefined ? [] : [`The network ${wanted} overlaps ${words}: change ${setting}.`]
  })
}
