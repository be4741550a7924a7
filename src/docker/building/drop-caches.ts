import type Docker from 'dockerode'
import { removeCacheVolumes } from './left-builds.ts'
import { removePackages } from './packages.ts'

/** The newest packages are those of the next build, unless it asks for others. Next's own cache has a limit, npm's has none. */
const KEPT_ON_A_SHORT_DISK = 1

/** Makes room at the cost of the time of a later build. Throws `docker-unreachable`. */
export async function dropCaches(docker: Docker, projectName: string, signal: AbortSignal): Promise<void> {
  await removePackages(docker, projectName, KEPT_ON_A_SHORT_DISK, signal)
  await removeCacheVolumes(docker, projectName, signal, ['npm'])
}
