import type Docker from 'dockerode'
import { repositoryOf } from '../docker/deployment-id.ts'
import { dockerWords, statusCodeOf } from '../docker/engine.ts'
import { DIRECTOR_LABEL, DIRECTOR_REPOSITORY } from './director-image.ts'
import type { Say } from './progress.ts'

type Image = Awaited<ReturnType<Docker['listImages']>>[number]

/**
 * Removes the tags that releases and set-up gave to images of `project`, and what nothing else is called by then. An
 * image that others tagged as well, or run, is theirs too: their tags stay. Answers with what could not be removed.
 */
export async function purgeImages(docker: Docker, project: string, say: Say): Promise<string[]> {
  const images = await docker.listImages()
  const kept: string[] = []
  for (const name of images.flatMap((image) => namesOf(image, project))) {
    const refusal = await remove(docker, name)
    if (refusal === null) continue
    say(`${name} stays: ${refusal}`)
    kept.push(name)
  }
  return kept
}

/** The tags of an image that are the project's to remove; its id where it has lost all its names. */
function namesOf({ Id, RepoTags, RepoDigests, Labels }: Image, project: string): string[] {
  const isDirector = Labels?.[DIRECTOR_LABEL] === project
  const isOurs = isDirector || Labels?.['io.switchyard.project'] === project
  // Docker 20.10 says `<none>:<none>` where newer ones say nothing.
  const isNameless = [...(RepoTags ?? []), ...(RepoDigests ?? [])].every((name) => name.startsWith('<none>'))
  if (isNameless) return isOurs ? [Id] : []
  // A foreign image that was released has a tag of the project's, and none of its labels.
  const repositories = [repositoryOf({ name: project, directory: '', environment: {} })]
  if (isDirector) repositories.push(DIRECTOR_REPOSITORY)
  return (RepoTags ?? []).filter((tag) => repositories.some((repository) => tag.startsWith(`${repository}:`)))
}

/** Null when it is gone, else why a container or another image keeps it. Not by force, which would take it from a container. */
async function remove(docker: Docker, name: string): Promise<string | null> {
  try {
    await docker.getImage(name).remove()
    return null
  } catch (cause) {
    const status = statusCodeOf(cause)
    if (status === 404) return null
    if (status === 409) return dockerWords(cause)
    throw cause
  }
}
