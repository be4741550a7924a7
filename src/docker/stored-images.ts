import type Docker from 'dockerode'
import { z } from 'zod'
import type { StoredImage } from '../release/ports.ts'
import { isDeploymentId, repositoryOf } from './deployment-id.ts'
import { ask, dockerWords, statusCodeOf } from './engine.ts'
import type { Project } from './project.ts'

const PROJECT_LABEL = 'io.switchyard.project'
const ID_LABEL = 'io.switchyard.deployment-id'
/** A large image's files take their time. */
const REMOVE_DEADLINE_MS = 120_000

const inspectedSchema = z.object({ Id: z.string(), RepoTags: z.array(z.string()).nullish() })

/** The project's builds among Docker's images, and those that carry its label and have lost their names. Throws `docker-unreachable`. */
export async function storedImages(
  docker: Docker,
  project: Project,
  signal: AbortSignal,
): Promise<StoredImage[]> {
  const [images, containers] = await Promise.all([
    ask(signal, (abortSignal) => docker.listImages({ abortSignal })),
    ask(signal, (abortSignal) => docker.listContainers({ all: true, abortSignal })),
  ])
  return images.flatMap((image) => {
    const tags = namesIn(image.RepoTags)
    const ownTags = tags.filter((tag) => isOwn(project, tag))
    const otherTags = tags.filter((tag) => !isOwn(project, tag))
    const isLabelled = image.Labels?.[PROJECT_LABEL] === project.name
    const isNameless = tags.length === 0 && namesIn(image.RepoDigests).length === 0
    if (ownTags.length === 0 && !(isLabelled && isNameless)) return []
    const deploymentId = image.Labels?.[ID_LABEL] ?? ''
    return [
      {
        ...{ id: image.Id, ownTags, otherTags, isLabelled },
        deploymentId: isDeploymentId(deploymentId) ? deploymentId : null,
        bytes: image.Size,
        createdAt: new Date(image.Created * 1_000).toISOString(),
        usedBy: containers.filter(({ ImageID }) => ImageID === image.Id).map(nameOf),
      },
    ]
  })
}

/**
 * Takes the project's names off an image; with the last of all its names it goes. Answers with why it stays, or null.
 * `noprune`: images below it that have no name may be somebody else's.
 */
export async function removeStoredImage(
  docker: Docker,
  project: Project,
  { id, ownTags, isLabelled }: StoredImage,
  signal: AbortSignal,
): Promise<string | null> {
  for (const name of ownTags.length === 0 ? [id] : ownTags) {
    const now = await inspect(docker, name, signal)
    if (now === null) continue
    if (now.id !== id) return `${name} is another image by now.`
    // Somebody may have taken the other name since it was looked at.
    if (!isLabelled && now.tags.every((tag) => isOwn(project, tag)))
      return 'It carries no label of this project, and its last name is ours.'
    const refusal = await remove(docker, name, signal)
    if (refusal !== null) return refusal
  }
  return null
}

async function inspect(
  docker: Docker,
  name: string,
  signal: AbortSignal,
): Promise<{ id: string; tags: readonly string[] } | null> {
  try {
    const { Id, RepoTags } = inspectedSchema.parse(await ask(signal, () => docker.getImage(name).inspect()))
    return { id: Id, tags: namesIn(RepoTags) }
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return null
    throw cause
  }
}

/** Null when the name is gone, else why something keeps it. */
async function remove(docker: Docker, name: string, signal: AbortSignal): Promise<string | null> {
  try {
    await ask(
      signal,
      (abortSignal) => docker.getImage(name).remove({ force: false, noprune: true, abortSignal }),
      REMOVE_DEADLINE_MS,
    )
    return null
  } catch (cause) {
    const status = statusCodeOf(cause)
    if (status === 404) return null
    if (status === 409) return `${dockerWords(cause).replace(/\.$/, '')}.`
    throw cause
  }
}

const isOwn = (project: Project, tag: string): boolean => tag.startsWith(`${repositoryOf(project)}:`)

/** Docker 20.10 says `<none>:<none>` where newer ones say nothing. */
const namesIn = (names: readonly string[] | null | undefined): string[] =>
  (names ?? []).filter((name) => !name.startsWith('<none>'))

const nameOf = ({ Id, Names }: Docker.ContainerInfo): string =>
  (Names[0] ?? Id.slice(0, 12)).replace(/^\//, '')
