import { SLOTS } from '../../release/slot.ts'
import type { Check, Finding } from '../finding.ts'
import type { ContainerSight, Seen } from '../seen.ts'
import { SERVICE_NAMES, SERVICES, type Service } from '../services.ts'
import { containerOf, heldBy, isDown } from '../truth.ts'

export const network: Check = {
  name: 'network',
  about: 'the containers have their network, and nobody else has one of their addresses on it',
  fix: 'has compose make a missing one, with every container anew',
  isOfReleases: true,
  find: (seen) => {
    const { docker, system } = seen
    if (docker.kind === 'unreachable' || isDown(seen)) return []
    if (docker.network === null) return [missing(seen)]
    const wanted = `${system.networkPrefix}.0/24`
    if (docker.network.subnet !== wanted) return [elsewhere(docker.network.subnet, wanted)]
    return docker.network.strangers.flatMap(({ name, address }) => {
      const service = SERVICE_NAMES.find((one) => address === addressOf(seen, one))
      return service === undefined ? [] : [taken(name, address, service)]
    })
  },
}

const addressOf = ({ system }: Pick<Seen, 'system'>, service: Service): string =>
  `${system.networkPrefix}.${SERVICES[service].host}`

function missing(seen: Seen): Finding {
  return {
    severity: 'broken',
    sentence: "The containers' network is missing, so nginx reaches no slot and visitors get nothing.",
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

function elsewhere(subnet: string, wanted: string): Finding {
  return {
    severity: 'warning',
    sentence: `The containers' network is ${subnet}, and the settings say ${wanted}: what is made anew gets no address on it.`,
    remedy: '`npm run down`, then `npm run up` makes it anew; all data is kept.',
    mend: null,
  }
}

function taken(name: string, address: string, service: Service): Finding {
  return {
    severity: 'warning',
    sentence: `The container ${name} is not of this project and has the address ${address}, which is that of ${SERVICES[service].words}.`,
    remedy: `Take it off the network: \`docker network disconnect -f NETWORK ${name}\`, then run the doctor again.`,
    mend: null,
  }
}

export const addresses: Check = {
  name: 'addresses',
  about: 'every container that runs has its own address on that network',
  fix: 'has compose make the container anew',
  isOfReleases: true,
  find: (seen) => {
    if (seen.docker.kind === 'unreachable' || seen.docker.network === null) return []
    return SERVICE_NAMES.flatMap((service) => {
      const container = containerOf(seen, service)
      const wanted = addressOf(seen, service)
      if (container?.state !== 'running' || container.address === wanted) return []
      return [misplaced(service, container, wanted)]
    })
  },
}

function misplaced(service: Service, { name, address }: ContainerSight, wanted: string): Finding {
  return {
    severity: service === 'director' ? 'warning' : 'broken',
    sentence: `${name} ${address === null ? 'is on no network' : `has the address ${address}`} instead of ${wanted}, so nobody finds ${SERVICES[service].words} there.`,
    remedy: '--fix has compose make it anew with the same build.',
    mend: async ({ start, startSlot }) => {
      if (service === 'runtime_primary') await startSlot('primary', { isForced: true })
      else if (service === 'runtime_secondary') await startSlot('secondary', { isForced: true })
      else await start(service, { isForced: true })
    },
  }
}
