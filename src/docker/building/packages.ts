import type Docker from 'dockerode'
import { ask, statusCodeOf } from '../engine.ts'
import { BUILD_LABEL } from './build-container.ts'
import { gone } from './left-builds.ts'

const COMMIT_DEADLINE_MS = 10 * 60_000
const REMOVE_DEADLINE_MS = 60_000
/** Two branches may be built in turn, and each has a whole node_modules. */
export const KEPT_PACKAGES = 2
const SHORT_ID_LENGTH = 12

const repositoryOf = (projectName: string): string => `switchyard-packages/${projectName}`

/** The image of the packages that an install of `inputs`, which is the id of an image, comes to. */
export const packagesOf = (projectName: string, inputs: string): string =>
  `${repositoryOf(projectName)}:${inputs.replace(/^sha256:/, '').slice(0, SHORT_ID_LENGTH)}`

/** Throws `docker-unreachable`. */
export async function hasPackages(docker: Docker, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    await ask(signal, () => docker.getImage(name).inspect())
    return true
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return false
    throw cause
  }
}

/**
 * Keeps what a container has installed, and takes from it what is that container's own: the label by which what builds leave is
 * removed, and the path of a certificate that no other one need have.
 */
export async function keepPackages(
  container: Docker.Container,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const [repo, tag] = name.split(':')
  const changes = `LABEL ${BUILD_LABEL}=\nENV NODE_EXTRA_CA_CERTS=`
  await ask(
    signal,
    (abortSignal) => container.commit({ repo, tag, changes, abortSignal }),
    COMMIT_DEADLINE_MS,
  )
}

/** Removes the project's images of packages but the `kept` newest. Throws `docker-unreachable`. */
export async function removePackages(
  docker: Docker,
  projectName: string,
  kept: number,
  signal: AbortSignal,
): Promise<void> {
  const filters = { reference: [repositoryOf(projectName)] }
  const images = await ask(signal, (abortSignal) => docker.listImages({ filters, abortSignal }))
  const old = images.toSorted((one, other) => other.Created - one.Created).slice(kept)
  for (const name of old.flatMap(({ RepoTags }) => RepoTags ?? [])) {
    await gone(() => ask(signal, () => docker.getImage(name).remove(), REMOVE_DEADLINE_MS))
  }
}
