import { rm } from 'node:fs/promises'
import type Docker from 'dockerode'
import { z } from 'zod'
import { mustNotBeBarred } from '../release/bar.ts'
import { ReleaseError } from '../release/errors.ts'
import type { Bars, Builder, LogSink } from '../release/ports.ts'
import type { Build, Source } from '../release/release.ts'
import { type BuildValues, withBuildValues } from './build-values.ts'
import { makeImage } from './building/make-image.ts'
import { deploymentIdOf, repositoryOf, unusedId } from './deployment-id.ts'
import { ask } from './engine.ts'
import { shortRevision } from './git.ts'
import { findImage, resolveImage } from './image-source.ts'
import type { Project } from './project.ts'
import { readRedaction, redaction } from './redact.ts'
import { type BuildContext, knownRef, refContext, treeContext } from './source/build-context.ts'
import { listTree } from './source/tree.ts'

const BUILD_DEADLINE_MS = 30 * 60_000
const MEMORY_SHARE = 0.75

const infoSchema = z.object({ MemTotal: z.number().positive() })

export type BuilderOptions = {
  docker: Docker
  project: Project
  /** The base image of the slots. */
  nodeImage: string
  /** How many cores a build may have. Empty: all but one. */
  buildCpus: string
  /** How much memory a build may have. Null: three quarters of the machine's. */
  buildMemoryBytes: number | null
  /** Globs of repositories, separated by commas. Empty: images on this host alone, and none is pulled. */
  allowedImages: string
  /** The certificates that builds trust in addition, given as a secret; the file need not exist. */
  caPath: string
  /** The builds that may not be deployed. */
  bars: Pick<Bars, 'list'>
  buildTimeoutMs?: number
}

/** `values`: the secrets by which a build gets app.build.env. */
type Options = BuilderOptions & { values?: BuildValues }

/** Builds with BuildKit from the project directory, and resolves images. */
export function dockerBuilder(options: BuilderOptions): Builder {
  return {
    obtain: (request, log, signal) =>
      request.source.kind === 'image'
        ? obtain(options, request, log, signal)
        : withBuildValues(options.project, (values) => obtain({ ...options, values }, request, log, signal)),
    check: (source, signal) => check(options, source, signal),
  }
}

type Request = { source: Source; release: number; label: string | null }

async function obtain(options: Options, request: Request, log: LogSink, signal: AbortSignal): Promise<Build> {
  const { source } = request
  switch (source.kind) {
    case 'tree':
      return buildAndClear(options, request, await treeContext(options.project, signal), log, signal)
    case 'ref':
      return buildAndClear(
        options,
        request,
        await refContext(options.project, source.ref, signal),
        log,
        signal,
      )
    case 'image':
      return resolveImage(options, { ...request, ...source }, log, signal)
    case 'standby':
      throw new ReleaseError('internal', {
        reason: 'A rollback brings its build with it; there is nothing to make.',
      })
  }
}

async function buildAndClear(
  options: Options,
  request: Request,
  context: BuildContext,
  log: LogSink,
  signal: AbortSignal,
): Promise<Build> {
  try {
    return await build(options, request, context, log, signal)
  } finally {
    await rm(context.scratch, { recursive: true, force: true })
  }
}

async function build(
  options: Options,
  { release, label }: Request,
  context: BuildContext,
  log: LogSink,
  signal: AbortSignal,
): Promise<Build> {
  const { docker, project } = options
  const short = context.revision && shortRevision(context.revision)
  const deploymentId = await unusedId(
    docker,
    project,
    deploymentIdOf(release, short, context.changedHash),
    signal,
  )
  const image = `${repositoryOf(project)}:${deploymentId}`
  const version = label ?? context.version
  log(`Building ${image} from ${context.words}.`)
  const redactEnv = await readRedaction(project)
  const redactNpmrc = redaction(context.hidden)
  const id = await makeImage(
    {
      ...{ docker, project, context, deploymentId },
      tag: image,
      buildArguments: {
        NODE_IMAGE: options.nodeImage,
        BUILD_CPUS: options.buildCpus,
        DEPLOYMENT_ID: deploymentId,
        VERSION: version,
        REVISION: context.revision ?? '',
        PROJECT: project.name,
      },
      labels: {
        'io.switchyard.project': project.name,
        'io.switchyard.deployment-id': deploymentId,
        'org.opencontainers.image.version': version,
        ...(context.revision && { 'org.opencontainers.image.revision': context.revision }),
      },
      secrets: { ca: options.caPath, ...options.values },
      buildCpus: options.buildCpus,
      memoryBytes: options.buildMemoryBytes ?? (await defaultMemory(docker, signal)),
      timeoutMs: options.buildTimeoutMs ?? BUILD_DEADLINE_MS,
      redact: (text) => redactNpmrc(redactEnv(text)),
    },
    log,
    signal,
  )
  log(`Built ${image}, ${id}.`)
  return { image, deploymentId, version, revision: context.revision, hasConsole: true, madeBy: release }
}

/** A build that takes all that there is has the machine end others for it. */
async function defaultMemory(docker: Docker, signal: AbortSignal): Promise<number> {
  const { MemTotal } = infoSchema.parse(await ask(signal, () => docker.info()))
  return Math.floor(MemTotal * MEMORY_SHARE)
}

async function check(options: BuilderOptions, source: Source, signal: AbortSignal): Promise<string> {
  const { project } = options
  switch (source.kind) {
    case 'tree': {
      const { files, revision, isChanged } = await listTree(project, signal)
      if (files.length === 0)
        throw new ReleaseError('internal', { reason: 'The project directory holds no files to build.' })
      if (revision === null) return `The working tree will be built: ${files.length} files, not under git.`
      const changes = isChanged ? 'uncommitted changes' : 'no changes'
      return `The working tree will be built: ${files.length} files, commit ${shortRevision(revision)} with ${changes}.`
    }
    case 'ref':
      return `${source.ref} will be built: commit ${shortRevision(await knownRef(project, source.ref, signal))}.`
    case 'image': {
      const { place, doubt, deploymentId } = await findImage(options, source.image, signal)
      if (place === 'registry') return `The image ${source.image} will be pulled from its registry.`
      mustNotBeBarred(options.bars.list(), { deploymentId })
      return `The image ${source.image} is on this host.${doubt === null ? '' : ` ${doubt}`}`
    }
    case 'standby':
      return 'The build of the standby is there already.'
  }
}
