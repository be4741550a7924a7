import { join } from 'node:path'
import type Docker from 'dockerode'
import { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import type { LogSink } from '../release/ports.ts'
import type { Build } from '../release/release.ts'
import { failureOf, lastLines, runCommand } from './command.ts'
import { isDeploymentId, isOwnForm, repositoryOf, shortOf, unusedId } from './deployment-id.ts'
import { ask, dockerWords, statusCodeOf, unreachableByLines } from './engine.ts'
import { allowedRepositories, type ImageReference, parseReference } from './image-reference.ts'
import type { Project } from './project.ts'
import { publishedImage } from './published/layout.ts'

const PULL_DEADLINE_MS = 15 * 60_000
const REGISTRY_DEADLINE_MS = 10_000
const SHORT_ID_LENGTH = 12

export type ImageSourceOptions = {
  docker: Docker
  project: Project
  /** Globs of repositories, separated by commas. Empty: what is on this host already, and nothing is pulled. */
  allowedImages: string
}

export type FoundImage = {
  reference: ImageReference
  /** `registry`: this host has none, or another than the registry. */
  place: 'host' | 'registry'
  /** One sentence where the registry could not be asked whether the tag has moved since the image came to this host. */
  doubt: string | null
  /** Of the image on this host, where that is the one. */
  deploymentId: string | null
}

const imageSchema = z.object({
  Id: z.string().startsWith('sha256:'),
  RepoDigests: z.array(z.string()).nullish(),
  RepoTags: z.array(z.string()).nullish(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
})

/**
 * Whether `image` may be released and where it is. The project's own builds always may. A name that may be pulled is
 * asked for in its registry too, since a tag moves: without an answer the image on this host will do.
 * Throws `image-missing`, `image-not-allowed`, `id-taken` (facts: `image`), `docker-unreachable`.
 */
export async function findImage(
  { docker, project, allowedImages }: ImageSourceOptions,
  image: string,
  signal: AbortSignal,
): Promise<FoundImage> {
  const reference = parseReference(image)
  if (!reference) throw new ReleaseError('image-missing', { image })
  const isOpen = allowedImages.trim() === ''
  const isAllowed = allowedRepositories(allowedImages)(reference)
  if (!isOpen && !isAllowed && reference.repository !== repositoryOf(project)) {
    throw new ReleaseError('image-not-allowed', { image })
  }
  const local = await inspectImage(docker, image, signal)
  const isFixed = reference.digest !== null || reference.repository === repositoryOf(project)
  const deploymentId = local && deploymentIdIn(local)
  if (local) await mustOwnItsId({ docker, project }, image, local, signal)
  if (local && (isFixed || !isAllowed)) return { reference, place: 'host', doubt: null, deploymentId }
  if (!isAllowed) throw new ReleaseError('image-missing', { image })
  try {
    const digest = await registryDigest(docker, image, signal)
    return local?.digests.includes(digest)
      ? { reference, place: 'host', doubt: null, deploymentId }
      : { reference, place: 'registry', doubt: null, deploymentId: null }
  } catch (cause) {
    if (cause instanceof ReleaseError && cause.code === 'aborted') throw cause
    if (!local) throw new ReleaseError('image-missing', { image }, { cause })
    return { reference, place: 'host', doubt: doubtOf(image, cause), deploymentId }
  }
}

const distributionSchema = z.object({ Descriptor: z.object({ digest: z.string().startsWith('sha256:') }) })

/** What the name stands for in its registry now. Throws Docker's or the registry's words. */
async function registryDigest(docker: Docker, image: string, signal: AbortSignal): Promise<string> {
  const answer: unknown = await ask(signal, () => docker.getImage(image).distribution(), REGISTRY_DEADLINE_MS)
  return distributionSchema.parse(answer).Descriptor.digest
}

function doubtOf(image: string, cause: unknown): string {
  const reason = cause instanceof ReleaseError ? (cause.facts.reason ?? cause.code) : dockerWords(cause)
  return `Its registry does not say whether ${image} has changed since: ${reason.replace(/\.$/, '')}.`
}

/**
 * Pulls `image` where it must be pulled, and gives what it is now a tag of its own: the name may move, a slot's image must not.
 * Throws as `findImage` does.
 */
export async function resolveImage(
  options: ImageSourceOptions,
  request: { image: string; hasConsole: boolean; release: number; label: string | null },
  log: LogSink,
  signal: AbortSignal,
): Promise<Build> {
  const { docker, project } = options
  const { image, release, label } = request
  const found = await findImage(options, image, signal)
  if (found.doubt) log(found.doubt)
  if (found.place === 'registry') await pull(project, image, log, signal)
  const inspected = await inspectImage(docker, image, signal)
  if (!inspected) throw new ReleaseError('image-missing', { image })
  if (found.place === 'registry') await mustOwnItsId(options, image, inspected, signal)
  const { id, labels } = inspected
  const shortId = id.slice('sha256:'.length, 'sha256:'.length + SHORT_ID_LENGTH)
  const tag = await unusedId(docker, project, `i${release}-${shortId}`, signal)
  await ask(signal, (abortSignal) =>
    docker.getImage(id).tag({ repo: repositoryOf(project), tag, abortSignal }),
  )
  log(`${image} is ${id}, tagged ${repositoryOf(project)}:${tag}.`)
  return {
    image: `${repositoryOf(project)}:${tag}`,
    deploymentId: deploymentIdIn(inspected),
    version: label ?? (labels['org.opencontainers.image.version'] || (found.reference.tag ?? shortId)),
    revision: labels['org.opencontainers.image.revision'] || null,
    hasConsole: request.hasConsole,
    madeBy: release,
  }
}

/** `digests`: what it is called in the registries that it came from or went to. */
type LocalImage = {
  id: string
  labels: Readonly<Record<string, string>>
  digests: readonly string[]
  tags: readonly string[]
}

function deploymentIdIn({ labels }: LocalImage): string | null {
  const deploymentId = labels['io.switchyard.deployment-id'] ?? ''
  return isDeploymentId(deploymentId) ? deploymentId : null
}

/**
 * Static files are served by deployment id, which an image says of itself. Who claims the id of a build that is still to come, or of
 * one that is there, would have its files served to that build's visitors. Throws `id-taken`.
 */
async function mustOwnItsId(
  { docker, project }: Pick<ImageSourceOptions, 'docker' | 'project'>,
  image: string,
  local: LocalImage,
  signal: AbortSignal,
): Promise<void> {
  const id = deploymentIdIn(local)
  if (id === null || local.tags.includes(`${repositoryOf(project)}:${id}`)) return
  if (isOwnForm(id)) {
    const reason = `it claims the deployment id ${id}, and ids of this form are given to builds that are made here`
    throw new ReleaseError('id-taken', { image, reason })
  }
  const other = await otherImageOf({ docker, project }, id, local.id, signal)
  if (other === null) return
  const reason = `it claims the deployment id ${id}, which is that of another image (${shortOf(other)})`
  throw new ReleaseError('id-taken', { image, reason })
}

/** Another image of this project's that has the id, or whose files are published by it. */
async function otherImageOf(
  { docker, project }: Pick<ImageSourceOptions, 'docker' | 'project'>,
  deploymentId: string,
  imageId: string,
  signal: AbortSignal,
): Promise<string | null> {
  const shown = await publishedImage(join(project.directory, 'state', 'assets'), deploymentId)
  if (shown !== null && shown !== 'unknown' && shown !== imageId) return shown
  const filters = {
    label: [`io.switchyard.deployment-id=${deploymentId}`],
    reference: [`${repositoryOf(project)}:*`],
  }
  const found = await ask(signal, () => docker.listImages({ filters }))
  return found.find(({ Id }) => Id !== imageId)?.Id ?? null
}

async function inspectImage(docker: Docker, image: string, signal: AbortSignal): Promise<LocalImage | null> {
  try {
    const inspected: unknown = await ask(signal, () => docker.getImage(image).inspect())
    const { Id, RepoDigests, RepoTags, Config } = imageSchema.parse(inspected)
    const digests = (RepoDigests ?? []).map((name) => name.slice(name.indexOf('@') + 1))
    return { id: Id, labels: Config?.Labels ?? {}, digests, tags: RepoTags ?? [] }
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return null
    throw cause
  }
}

async function pull(project: Project, image: string, log: LogSink, signal: AbortSignal): Promise<void> {
  const failed = (reason: string, lines: readonly string[], cause?: unknown): ReleaseError =>
    new ReleaseError('image-missing', { image, reason }, { cause, detail: lastLines(lines, 5) })
  const { code, lines } = await runCommand({
    argv: ['docker', 'pull', image],
    cwd: project.directory,
    env: project.environment,
    log,
    signal,
    timeoutMs: PULL_DEADLINE_MS,
  }).catch((cause: unknown) => {
    if (cause instanceof ReleaseError) throw cause
    const { reason, lines } = failureOf(cause)
    throw failed(reason, lines, cause)
  })
  if (code !== 0) throw unreachableByLines(lines) ?? failed(pullProblem(lines, code), lines)
}

function pullProblem(lines: readonly string[], code: number): string {
  const last = lines.at(-1) ?? `docker pull ended with exit code ${code}`
  return last.replace(/^Error response from daemon: /, '').replace(/\.$/, '')
}
