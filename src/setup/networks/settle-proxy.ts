import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { writeAdmin } from '../../nginx/admin.ts'
import { removeMoved, writeMoved } from '../../nginx/moved.ts'
import { addressOf, adminOf } from '../../topology/addresses.ts'
import { slotHosts, wouldRecreate } from '../compose.ts'
import { nameOf, projectContainers, serviceOf } from '../containers.ts'
import type { StartRequest } from '../start.ts'
import { formerShape } from './former-shape.ts'

const SERVICE = 'traffic_proxy'

/**
 * Writes what nginx has to know of the networks, and decides whether its container is left as it is. One that was made before the slots had
 * networks of their own is other than the compose file says, and a new one would refuse visitors for seconds: where
 * nothing else has changed it is told of the new addresses instead (`isKept`). It takes effect with the reload.
 */
export async function settleProxy(request: StartRequest): Promise<{ isKept: boolean }> {
  const { docker, paths, prefixes, settings, progress } = request
  await writeAdmin(paths.nginxLive, adminOf(prefixes))
  const listed = projectContainers(await docker.listContainers(), settings.COMPOSE_PROJECT_NAME)
  const found = listed.find((container) => serviceOf(container) === SERVICE)
  const container = found === undefined ? null : await docker.getContainer(found.Id).inspect()
  if (found === undefined || container === null || knowsSlots(container, slotHosts(prefixes))) {
    await removeMoved(paths.nginxLive)
    return { isKept: false }
  }
  const isKept = !(await isMadeAnew(request, container, nameOf(found)))
  if (isKept) {
    await writeMoved(paths.nginxLive, {
      primary: addressOf(prefixes, 'primary'),
      secondary: addressOf(prefixes, 'secondary'),
    })
  } else await removeMoved(paths.nginxLive)
  progress.note(
    isKept
      ? "nginx's container stays: it is on the new networks, and a reload tells it of the slots' new addresses."
      : "nginx's container is made anew, since more of its settings has changed than its networks. For some seconds it takes no connection.",
  )
  return { isKept }
}

function knowsSlots({ HostConfig }: Docker.ContainerInspectInfo, hosts: readonly string[]): boolean {
  return hosts.every((host) => HostConfig.ExtraHosts?.includes(host))
}

/** Asks compose, with what the change of networks brought put back to what the container was made with. */
async function isMadeAnew(
  { docker, paths, settings, base }: StartRequest,
  container: Docker.ContainerInspectInfo,
  name: string,
): Promise<boolean> {
  const override = join(paths.scratch, 'former-proxy.yml')
  await mkdir(paths.scratch, { recursive: true })
  await writeFile(override, formerShape(container, settings.NETWORK_PREFIX))
  try {
    const { COMPOSE_PROJECT_NAME: project } = settings
    const asked = { paths, tools: base.tools, project, services: [SERVICE], override }
    return (await wouldRecreate(docker, asked)).includes(name)
  } finally {
    await rm(override, { force: true })
  }
}
