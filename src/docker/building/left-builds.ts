import type Docker from 'dockerode'
import { ask, statusCodeOf } from '../engine.ts'
import { BUILD_LABEL } from './build-container.ts'

const REMOVE_DEADLINE_MS = 60_000

/** The repository of the images that a build makes for itself. */
export const buildRepository = (projectName: string): string => `switchyard-build/${projectName}`

/** Whose cache is kept between builds, each in a volume of its own. */
const CACHES = ['next', 'npm'] as const

type Cache = (typeof CACHES)[number]

const cacheVolumeOf = (projectName: string, cache: Cache): string =>
  `switchyard-${projectName}-${cache}-cache`

/**
 * Removes containers and images of builds that were cut short, as by a director that was killed; only those made before
 * `beforeMs` (since the epoch) where that is given. Throws `docker-unreachable`.
 */
export async function removeLeftBuilds(
  docker: Docker,
  projectName: string,
  signal: AbortSignal,
  beforeMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const filters = { label: [`${BUILD_LABEL}=${projectName}`] }
  const isOld = ({ Created }: { Created: number }): boolean => Created * 1_000 < beforeMs
  const containers = await ask(signal, (abortSignal) =>
    docker.listContainers({ all: true, filters, abortSignal }),
  )
  for (const { Id } of containers.filter(isOld)) {
    await gone(() =>
      ask(signal, () => docker.getContainer(Id).remove({ force: true, v: true }), REMOVE_DEADLINE_MS),
    )
  }
  const images = await ask(signal, (abortSignal) => docker.listImages({ filters, abortSignal }))
  for (const { Id } of images.filter(isOld)) {
    await gone(() => ask(signal, () => docker.getImage(Id).remove({ force: true }), REMOVE_DEADLINE_MS))
  }
}

/** Removes the volumes of these caches where there are any. */
export async function removeCacheVolumes(
  docker: Docker,
  projectName: string,
  signal: AbortSignal,
  caches: readonly Cache[] = CACHES,
): Promise<void> {
  for (const cache of caches) {
    const volume = docker.getVolume(cacheVolumeOf(projectName, cache))
    await gone(() => ask(signal, () => volume.remove(), REMOVE_DEADLINE_MS))
  }
}

/** Another one may be at it: then it is gone (404), or on its way (409). */
export async function gone(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove()
  } catch (cause) {
    if (![404, 409].includes(statusCodeOf(cause) ?? 0)) throw cause
  }
}

/** Makes the volume of a cache, with a label by which it is removed with the project. */
export async function ensureCacheVolume(
  docker: Docker,
  projectName: string,
  cache: Cache,
  signal: AbortSignal,
): Promise<string> {
  const Name = cacheVolumeOf(projectName, cache)
  await ask(signal, () => docker.createVolume({ Name, Labels: { 'io.switchyard.project': projectName } }))
  return Name
}
