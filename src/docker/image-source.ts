import type Docker from 'dockerode'
import { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import type { LogSink } from '../release/ports.ts'
import type { Build } from '../release/release.ts'
import { failureOf, lastLines, runCommand } from './command.ts'
import { isDeploymentId, repositoryOf, unusedId } from './deployment-id.ts'
import { ask, statusCodeOf, unreachableByLines } from './engine.ts'
import { allowedRepositories, type ImageReference, parseReference } from './image-reference.ts'
import type { Project } from './project.ts'

const PULL_DEADLINE_MS = 15 * 60_000
const REGISTRY_DEADLINE_MS = 20_000
const SHORT_ID_LENGTH = 12

export type ImageSourceOptions = {
  docker: Docker
  project: Project
  /** Globs of repositories, separated by commas. Empty: what is on this host already, and nothing is pulled. */
  allowedImages: string
}

export type FoundImage = { reference: ImageReference; isLocal: boolean }

const imageSchema = z.object({
  Id: z.string().startsWith('sha256:'),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
})

/**
 * Whether `image` may be released and where it is. The project's own builds always may.
 * Throws `image-missing`, `image-not-allowed` (facts: `image`), `docker-unreachable`.
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
  if (await inspectImage(docker, image, signal)) return { reference, isLocal: true }
  if (!isAllowed) throw new ReleaseError('image-missing', { image })
  await ask(signal, () => docker.getImage(image).distribution(), REGISTRY_DEADLINE_MS).catch(
    (cause: unknown) => {
      if (cause instanceof ReleaseError && cause.code === 'aborted') throw cause
      throw new ReleaseError('image-missing', { image }, { cause })
    },
  )
  return { reference, isLocal: false }
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
  if (!found.isLocal) await pull(project, image, log, signal)
  const inspected = await inspectImage(docker, image, signal)
  if (!inspected) throw new ReleaseError('image-missing', { image })
  const { id, labels } = inspected
  const shortId = id.slice('sha256:'.length, 'sha256:'.length + SHORT_ID_LENGTH)
  const tag = await unusedId(docker, project, `i${release}-${shortId}`, signal)
  await ask(signal, (abortSignal) =>
    docker.getImage(id).tag({ repo: repositoryOf(project), tag, abortSignal }),
  )
  log(`${image} is ${id}, tagged ${repositoryOf(project)}:${tag}.`)
  const deploymentId = labels['io.switchyard.deployment-id'] ?? ''
  return {
    image: `${repositoryOf(project)}:${tag}`,
    deploymentId: isDeploymentId(deploymentId) ? deploymentId : null,
    version: label ?? (labels['org.opencontainers.image.version'] || (found.reference.tag ?? shortId)),
    revision: labels['org.opencontainers.image.revision'] || null,
    hasConsole: request.hasConsole,
    madeBy: release,
  }
}

async function inspectImage(
  docker: Docker,
  image: string,
  signal: AbortSignal,
): Promise<{ id: string; labels: Readonly<Record<string, string>> } | null> {
  try {
    const { Id, Config } = imageSchema.parse(await ask(signal, () => docker.getImage(image).inspect()))
    return { id: Id, labels: Config?.Labels ?? {} }
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return null
    throw cause
  }
}

async function pull(project: Project, image: string, log: LogSink, signal: AbortSignal): Promise<void> {
  const missing = (lines: readonly string[], cause?: unknown): ReleaseError =>
    new ReleaseError('image-missing', { image }, { cause, detail: lastLines(lines, 5) })
  const { code, lines } = await runCommand({
    argv: ['docker', 'pull', image],
    cwd: project.directory,
    env: project.environment,
    log,
    signal,
    timeoutMs: PULL_DEADLINE_MS,
  }).catch((cause: unknown) => {
    throw cause instanceof ReleaseError ? cause : missing(failureOf(cause).lines, cause)
  })
  if (code !== 0) throw unreachableByLines(lines) ?? missing(lines)
}
