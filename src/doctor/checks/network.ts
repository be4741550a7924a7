import { SLOTS } from '../../release/slot.ts'
import { joinNetwork } from '../../setup/networks/join.ts'
import { addressOn, networksOf } from '../../topology/addresses.ts'
import { isFormer, NETWORK_NAMES, NETWORKS, type NetworkName, subnetOf } from '../../topology/networks.ts'
import type { Bench } from '../bench.ts'
import type { Check, Finding } from '../finding.ts'
import type { ContainerSight, DockerSight, NetworkSight, Seen } from '../seen.ts'
import { SERVICE_NAMES, SERVICES, type Service } from '../services.ts'
import { containerOf, heldBy, isDown } from '../truth.ts'

/** What a system of before `npm run up` brought the slots' networks has. */
const namesOf = ({ system }: Seen): readonly NetworkName[] =>
  isFormer(system.prefixes) ? ['control'] : NETWORK_NAMES

const WORDS = {
  control: 'of nginx and the director',
  primary: 'of the primary slot',
  secondary: 'of the secondary slot',
} as const

export const network: Check = {
  name: 'network',
  about:
    'each slot has its network, nginx and the director have theirs, and nobody else has one of their addresses',
  fix: 'has compose make a missing one, with every container anew',
  isOfReleases: true,
  find: (seen) => {
    const { docker, system } = seen
    if (docker.kind === 'unreachable' || isDown(seen)) return []
    const names = namesOf(seen)
    const missing = names.filter((name) => docker.networks[name] === null)
    if (missing.length > 0) return [gone(seen, missing)]
    return names.flatMap((name) => {
      const found = docker.networks[name]
      const wanted = subnetOf(system.prefixes[name])
      if (found === null) return []
      if (found.subnet !== wanted) return [elsewhere(name, found.subnet, wanted)]
      return found.strangers.flatMap((stranger) => {
        const service = SERVICE_NAMES.find((one) => stranger.address === addressIn(seen, name, one))
        return service === undefined ? [] : [taken(found, stranger, service)]
      })
    })
  },
}

/** Null where the service is not on that network. */
function addressIn({ system }: Seen, name: NetworkName, service: Service): string | null {
  const { part } = SERVICES[service]
  const isOn = isFormer(system.prefixes) ? name === 'control' : networksOf(part).includes(name)
  return isOn ? addressOn(system.prefixes, name, part) : null
}

function gone(seen: Seen, names: readonly NetworkName[]): Finding {
  const which = names.map((name) => WORDS[name]).join(' and ')
  return {
    severity: 'broken',
    sentence: `The network ${which} is missing, so nginx reaches no slot on it and visitors may get nothing.`,
    remedy: '--fix has compose make it, and every container anew on it.',
    mend: async ({ start, startSlot, untilServed }) => {
      await start('traffic_proxy', { isForced: true })
      for (const slot of SLOTS.filter((one) => heldBy(seen, one) !== null))
        await startSlot(slot, { isForced: true })
      await start('director', { isForced: true })
      await untilServed()
    },
  }
}

function elsewhere(name: NetworkName, subnet: string, wanted: string): Finding {
  return {
    severity: 'warning',
    sentence: `The network ${WORDS[name]} is ${subnet}, and the settings say ${wanted} (${NETWORKS[name].setting}): what is made anew gets no address on it.`,
    remedy: '`npm run down`, then `npm run up` makes it anew; all data is kept.',
    mend: null,
  }
}

function taken(
  network: NetworkSight,
  { name, address }: NetworkSight['strangers'][number],
  service: Service,
): Finding {
  return {
    severity: 'warning',
    sentence: `The container ${name} is not of this project and has the address ${address}, which is that of ${SERVICES[service].words}.`,
    remedy: `Take it off the network: \`docker network disconnect -f ${network.name} ${name}\`, then run the doctor again.`,
    mend: null,
  }
}

export const addresses: Check = {
  name: 'addresses',
  about: 'every container that runs has its own address on each of its networks',
  fix: 'takes it onto a network that it is not on; where it has another address there, has compose make it anew',
  isOfReleases: true,
  find: (seen) => {
    const { docker } = seen
    if (docker.kind === 'unreachable') return []
    return SERVICE_NAMES.flatMap((service) => {
      const container = containerOf(seen, service)
      if (container?.state !== 'running') return []
      return namesOf(seen).flatMap((name) => {
        const wanted = addressIn(seen, name, service)
        const there = docker.networks[name]
        if (wanted === null || there === null) return []
        const address = container.addresses.get(there.name) ?? null
        return address === wanted ? [] : [misplaced(service, container, { name, address, wanted })]
      })
    })
  },
}

function misplaced(
  service: Service,
  container: ContainerSight,
  { name, address, wanted }: { name: NetworkName; address: string | null; wanted: string },
): Finding {
  const { words } = SERVICES[service]
  const severity = service === 'director' ? 'warning' : 'broken'
  if (address === null) {
    return {
      severity,
      sentence: `${container.name} is not on the network ${WORDS[name]}, so nobody finds ${words} at ${wanted}.`,
      remedy: '--fix takes it onto that network; nothing is started anew.',
      mend: (bench) => join(bench, service, container.id, name),
    }
  }
  return {
    severity,
    sentence: `${container.name} has the address ${address} instead of ${wanted}, so nobody finds ${words} there.`,
    remedy: '--fix has compose make it anew with the same build.',
    mend: async ({ start, startSlot }) => {
      if (service === 'runtime_primary') await startSlot('primary', { isForced: true })
      else if (service === 'runtime_secondary') await startSlot('secondary', { isForced: true })
      else await start(service, { isForced: true })
    },
  }
}

async function join({ place, seen }: Bench, service: Service, id: string, name: NetworkName): Promise<void> {
  const { project, prefixes } = seen.system
  const container = await place.docker.getContainer(id).inspect()
  await joinNetwork(place.docker, { project, prefixes }, container, name, SERVICES[service].part)
}

export const isolation: Check = {
  name: 'isolation',
  about: 'no network joins the two slots, so that a build can do nothing to the other one',
  fix: 'nothing: only a release may make a slot anew',
  isOfReleases: true,
  find: (seen) => {
    const { docker } = seen
    if (docker.kind === 'unreachable') return []
    const [primary, secondary] = [
      containerOf(seen, 'runtime_primary'),
      containerOf(seen, 'runtime_secondary'),
    ]
    if (primary?.state !== 'running' || secondary?.state !== 'running') return []
    const shared = [...primary.addresses.keys()].filter((name) => secondary.addresses.has(name))
    return shared.length === 0 ? [] : [joined(docker, shared)]
  },
}

function joined({ networks }: DockerSight, shared: readonly string[]): Finding {
  const own = networks.control?.name
  const isFromBefore = own !== undefined && shared.includes(own)
  return {
    severity: 'warning',
    sentence: `Both slots are on the network ${shared.join(' and on ')}, so the build in one can reach the other, and hurt it. Visitors are served.`,
    remedy: isFromBefore
      ? 'They were started before each had a network of its own: the next release to one of them ends it (after `npm run up`).'
      : 'Have what both need, such as a database, join to_primary and to_secondary in docker-compose.release.yml, take the shared network off the slots, then deploy.',
    mend: null,
  }
}
