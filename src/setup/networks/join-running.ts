import { SLOTS } from '../../release/slot.ts'
import { NETWORK_NAMES } from '../../topology/networks.ts'
import { createNetworks } from '../compose.ts'
import { projectContainers, serviceOf } from '../containers.ts'
import { SetupFailure } from '../failure.ts'
import type { StartRequest } from '../start.ts'
import { findNetwork, joinNetwork } from './join.ts'

const MEMBERS = [
  { service: 'traffic_proxy', part: 'nginx', networks: ['primary', 'secondary'] },
  ...SLOTS.map((slot) => ({ service: `runtime_${slot}`, part: slot, networks: [slot] }) as const),
] as const

/**
 * Takes a running nginx and running slots that were made before slots had networks of their own onto those, while they
 * serve. A slot stays on the network that it was made on until its next release: what is open there stays open.
 * Throws `SetupFailure`.
 */
export async function joinRunning(request: StartRequest): Promise<void> {
  const { docker, paths, settings, prefixes, base, progress } = request
  const project = settings.COMPOSE_PROJECT_NAME
  const containers = projectContainers(await docker.listContainers(), project)
  const running = MEMBERS.flatMap((member) => {
    const found = containers.find((container) => serviceOf(container) === member.service)
    return found === undefined ? [] : [{ ...member, id: found.Id }]
  })
  if (running.length === 0) return
  if (await lacksNetwork(request)) {
    await progress.step('Make the networks of the slots', (say) =>
      createNetworks(docker, { paths, tools: base.tools, project, services: ['director'] }, say),
    )
  }
  for (const { id, part, networks } of running) {
    const container = await docker.getContainer(id).inspect()
    for (const network of networks) {
      try {
        const isNew = await joinNetwork(docker, { project, prefixes }, container, network, part)
        if (isNew) progress.note(`${container.Name.slice(1)} has joined the network of the ${network} slot.`)
      } catch (cause) {
        throw new SetupFailure(
          `${container.Name.slice(1)} can't be taken onto the network of the ${network} slot. Visitors are served as before.`,
          'Mend what Docker says, then run the command again.',
          { cause, detail: cause instanceof Error ? cause.message : String(cause) },
        )
      }
    }
  }
}

async function lacksNetwork({ docker, settings }: StartRequest): Promise<boolean> {
  const ids = await Promise.all(
    NETWORK_NAMES.map((network) => findNetwork(docker, settings.COMPOSE_PROJECT_NAME, network)),
  )
  return ids.includes(null)
}
