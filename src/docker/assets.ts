import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { z } from 'zod'
import { ReleaseError, reasonOf } from '../release/errors.ts'
import type { Assets, LogSink } from '../release/ports.ts'
import type { Build } from '../release/release.ts'
import type { Slot } from '../release/slot.ts'
import { syncDirectory } from '../state/durable-file.ts'
import { tidyAssets } from './asset-files.ts'
import { failureOf, runCommand, throwIfAborted } from './command.ts'
import { compressAssets } from './compress-assets.ts'
import { isDeploymentId, isOwnForm, shortOf } from './deployment-id.ts'
import { ask, dockerWords, statusCodeOf } from './engine.ts'
import type { Project } from './project.ts'
import { filesOf, HALF, imagesIn, link, makeImages, publishedImage } from './published/layout.ts'
import { findSlotContainer } from './slot-container.ts'
import { unpack } from './unpack.ts'

const STATIC_PATH = '/app/.next/static'
const SYNC_DEADLINE_MS = 120_000

const imageSchema = z.object({ Image: z.string().regex(/^sha256:[0-9a-f]{64}$/) })

export type AssetsOptions = { docker: Docker; project: Project }

/** Copies static files out of the slot's container to where nginx serves them by deployment id (`published/layout.ts`). */
export function dockerAssets({ docker, project }: AssetsOptions): Assets {
  return { publish: (slot, build, log, signal) => publish(docker, project, slot, build, log, signal) }
}

async function publish(
  docker: Docker,
  project: Project,
  slot: Slot,
  { deploymentId }: Build,
  log: LogSink,
  signal: AbortSignal,
): Promise<{ files: number }> {
  if (deploymentId === null || !isDeploymentId(deploymentId)) {
    log('The image carries no deployment id, so its static files are served by its slot alone.')
    return { files: 0 }
  }
  const assets = join(project.directory, 'state', 'assets')
  let temporary: string | null = null
  try {
    const container = await findSlotContainer(docker, project, slot, signal)
    if (!container) throw failed(`the ${slot} slot has no container`, null)
    const imageId = await imageOf(docker, container.id, signal)
    const target = filesOf(assets, imageId)
    const shown = await publishedImage(assets, deploymentId)
    // The ids of own builds are given by the director, to one image each: what is there of another is of no use to anybody.
    if (shown !== null && shown !== 'unknown' && shown !== imageId && !isOwnForm(deploymentId))
      throw failed(`${deploymentId} shows the files of another image (${shortOf(shown)})`, null)
    const present = await tidyAssets(target)
    if (present) {
      await link(assets, deploymentId, imageId)
      log(`The static files of ${deploymentId} are published already.`)
      return { files: present.files }
    }
    temporary = `${target}${HALF}`
    await rm(temporary, { recursive: true, force: true })
    await makeImages(assets)
    await mkdir(join(temporary, '_next'), { recursive: true })
    if (!(await extract(docker, project, container.id, join(temporary, '_next'), signal))) {
      log(`The ${slot} slot has no ${STATIC_PATH}, so there is nothing to publish.`)
      return { files: 0 }
    }
    const { files, dropped } = (await tidyAssets(temporary)) ?? { files: 0, dropped: 0 }
    if (dropped > 0) log(`${dropped} entries that are neither files nor directories are left out.`)
    const { files: compressed } = await compressAssets(temporary, signal)
    await makeDurable(project, temporary, signal)
    await rename(temporary, target)
    await syncDirectory(imagesIn(assets))
    await link(assets, deploymentId, imageId)
    log(
      `Published ${files} static files of ${deploymentId}${compressed > 0 ? `, ${compressed} of them compressed too` : ''}.`,
    )
    return { files }
  } catch (cause) {
    throwIfAborted(signal)
    throw cause instanceof ReleaseError ? cause : failed(reasonOf(cause), cause)
  } finally {
    // What went wrong before is the error that counts; the next publish removes what is left.
    if (temporary !== null) await rm(temporary, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** What really runs in a container, whatever its tag says by now. */
async function imageOf(docker: Docker, id: string, signal: AbortSignal): Promise<string> {
  const inspected = await ask(signal, (abortSignal) => docker.getContainer(id).inspect({ abortSignal }))
  return imageSchema.parse(inspected).Image
}

/** Unpacks the container's static files into `directory`; false where it has none. */
async function extract(
  docker: Docker,
  project: Project,
  id: string,
  directory: string,
  signal: AbortSignal,
): Promise<boolean> {
  const archive = await openArchive(docker, id, signal)
  if (!archive) return false
  await unpack({ archive, directory, environment: project.environment, signal }).catch((cause: unknown) => {
    throw cause instanceof ReleaseError ? cause : failed(failureOf(cause).reason, cause)
  })
  return true
}

async function openArchive(docker: Docker, id: string, signal: AbortSignal): Promise<Readable | null> {
  try {
    const archive = await ask(signal, () =>
      docker.getContainer(id).getArchive({ path: STATIC_PATH, abortSignal: signal }),
    )
    return archive instanceof Readable ? archive : Readable.from(archive)
  } catch (cause) {
    const status = statusCodeOf(cause)
    if (status === 404) return null
    throw status === null ? cause : failed(dockerWords(cause), cause)
  }
}

/** One call for the whole file system: a call a file would take seconds for a large build. */
async function makeDurable(project: Project, directory: string, signal: AbortSignal): Promise<void> {
  const { code, lines } = await runCommand({
    argv: ['sync', '--file-system', directory],
    cwd: project.directory,
    env: project.environment,
    signal,
    timeoutMs: SYNC_DEADLINE_MS,
  })
  if (code !== 0) throw failed(lines.at(-1) ?? `sync ended with exit code ${code}`, null)
}

function failed(reason: string, cause: unknown): ReleaseError {
  return new ReleaseError('assets-failed', { reason: reason.replace(/\.$/, '') }, { cause })
}
