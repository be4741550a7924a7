import type Docker from 'dockerode'
import { ReleaseError } from '../release/errors.ts'
import { ask, statusCodeOf } from './engine.ts'
import type { Project } from './project.ts'

/** Next takes these alone, and a tag of Docker's holds 128; image labels of others are held to it as well. */
const DEPLOYMENT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
const MAX_TRIES = 100

export function isDeploymentId(text: string): boolean {
  return DEPLOYMENT_ID.test(text)
}

/** Whether the director gives such ids to its own builds, so that no other image may claim it. */
export function isOwnForm(deploymentId: string): boolean {
  return /^b\d+(?:-|$)/.test(deploymentId)
}

/** An image's id as people read it. */
export function shortOf(imageId: string): string {
  return imageId.replace(/^sha256:/, '').slice(0, 12)
}

/** `b42-1a2b3c4`, and `b42-1a2b3c4-5d6e7f80` for a changed tree; without git `b42-5d6e7f80`. */
export function deploymentIdOf(release: number, revision: string | null, changedHash: string | null): string {
  return [`b${release}`, revision, changedHash].filter((part) => part !== null).join('-')
}

/** The repository of every image that the director tags for this project. */
export function repositoryOf({ name }: Project): string {
  return `switchyard/${name}`
}

/**
 * `wanted`, or with `-2`, `-3`, … behind it: the first that no image of this project carries as its tag.
 * A tag that moved would make the next plain `compose up` recreate the slot that runs it, even the live one.
 */
export async function unusedId(
  docker: Docker,
  project: Project,
  wanted: string,
  signal: AbortSignal,
): Promise<string> {
  for (let number = 1; number <= MAX_TRIES; number++) {
    const id = number === 1 ? wanted : `${wanted}-${number}`
    if (!(await exists(docker, `${repositoryOf(project)}:${id}`, signal))) return id
  }
  throw new ReleaseError('internal', { reason: `There are ${MAX_TRIES} images tagged ${wanted} already.` })
}

async function exists(docker: Docker, tag: string, signal: AbortSignal): Promise<boolean> {
  try {
    await ask(signal, () => docker.getImage(tag).inspect())
    return true
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return false
    throw cause
  }
}
