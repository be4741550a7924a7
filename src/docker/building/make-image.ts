import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { wordsOf } from '../../release/messages.ts'
import type { LogSink } from '../../release/ports.ts'
import { buildImage } from '../buildx.ts'
import { ask } from '../engine.ts'
import { BUILD_LABEL, runBuild } from './build-container.ts'
import { tookTooLong } from './ending.ts'
import { installPackages } from './install-packages.ts'
import { buildRepository, ensureCacheVolume, removeLeftBuilds } from './left-builds.ts'
import { described, filesFor, type ImageMaking, refuseBad } from './making.ts'

const COMMIT_DEADLINE_MS = 5 * 60_000
const CLEAR_DEADLINE_MS = 60_000
/** The stages that a container can run, each with the argument that names what came of it. */
const STAGES = {
  source: [/^FROM\s.*\sAS\s+source\s*$/im, /^ARG\s+BUILT=/im],
  install: [/^FROM\s.*\sAS\s+install\s*$/im, /^ARG\s+INSTALLED=/im],
} as const
const STAGE_NAMES = ['install', 'source'] as const

type Stage = (typeof STAGE_NAMES)[number]

const NEXT_CACHE = '/app/.next/cache'

/**
 * Makes the image of the slot: a container with limits installs the packages, unless they are there from an earlier build, another one
 * builds the app, and BuildKit puts files in and takes them out. A Dockerfile without the stage `source` is built as it is, and
 * one without `install` has BuildKit install. Answers with the image's id. Throws `build-failed`, `build-killed`,
 * `docker-unreachable`, `aborted`, once nothing of the build runs any more.
 */
export async function makeImage(making: ImageMaking, log: LogSink, signal: AbortSignal): Promise<string> {
  const deadline = AbortSignal.timeout(making.timeoutMs)
  const both = AbortSignal.any([signal, deadline])
  try {
    return await make(making, log, both)
  } catch (cause) {
    if (!deadline.aborted || signal.aborted) throw cause
    throw tookTooLong(inWords(making.timeoutMs))
  }
}

async function make(making: ImageMaking, log: LogSink, signal: AbortSignal): Promise<string> {
  const { project, redact, context } = making
  const dockerfile = await readFile(join(context.directory, 'Dockerfile.runtime'), 'utf8').catch(() => '')
  const slot = { target: 'slot', tag: making.tag, labels: making.labels } as const
  const stages = stagesIn(dockerfile)
  if (!stages.includes('source')) {
    log('Dockerfile.runtime has no stage "source", so this build has no memory limit of its own.')
    return buildImage(project, described(making, slot), redact, log, signal)
  }
  await removeLeftBuilds(making.docker, project.name, signal)
  try {
    const installed = stages.includes('install') ? await installPackages(making, log, signal) : null
    const built = await buildInContainer(making, installed, log, signal)
    const last = described(making, { ...slot, buildArguments: { ...making.buildArguments, BUILT: built } })
    return await buildImage(project, last, redact, log, signal)
  } finally {
    await clear(making, log)
  }
}

/** Which of the stages a Dockerfile has that a container can run. */
export function stagesIn(dockerfile: string): Stage[] {
  return STAGE_NAMES.filter((stage) => STAGES[stage].every((part) => part.test(dockerfile)))
}

/** Answers with the name of an image that holds what the app's build has written. */
async function buildInContainer(
  making: ImageMaking,
  installed: string | null,
  log: LogSink,
  signal: AbortSignal,
): Promise<string> {
  const { docker, project, context, redact } = making
  const labels = { [BUILD_LABEL]: project.name }
  const packages: Record<string, string> = installed === null ? {} : { INSTALLED: installed }
  const buildArguments = { ...making.buildArguments, ...packages }
  const source = described(making, { target: 'source', tag: null, labels, buildArguments })
  const image = await buildImage(project, source, redact, log, signal)
  const files = await filesFor(making)
  const end = await runBuild(
    docker,
    {
      ...{ image, files, projectName: project.name, memoryBytes: making.memoryBytes },
      volumes: { [NEXT_CACHE]: await ensureCacheVolume(docker, project.name, 'next', signal) },
      environment: {
        DEPLOYMENT_ID: making.deploymentId,
        BUILD_CPUS: making.buildCpus,
        SWITCHYARD_VERSION: making.buildArguments.VERSION ?? '',
        SWITCHYARD_REVISION: making.buildArguments.REVISION ?? '',
      },
    },
    (line) => log(redact(line)),
    signal,
  )
  refuseBad(making, end)
  if (end.isOutOfMemory)
    log('A process of the build was ended for its memory limit, and the build went on without it.')
  const repository = buildRepository(project.name)
  const tag = `${making.deploymentId}-${context.scratch.slice(-6).toLowerCase()}`
  await ask(
    signal,
    (abortSignal) => end.container.commit({ repo: repository, tag, abortSignal }),
    COMMIT_DEADLINE_MS,
  )
  return `${repository}:${tag}`
}

/** What can't be removed now, the next build removes; the error that counts is the build's. */
async function clear({ docker, project }: ImageMaking, log: LogSink): Promise<void> {
  await removeLeftBuilds(docker, project.name, AbortSignal.timeout(CLEAR_DEADLINE_MS)).catch(
    (cause: unknown) => log(`What the build left could not be removed: ${wordsOf(cause)}.`),
  )
}

function inWords(timeoutMs: number): string {
  return timeoutMs < 120_000
    ? `${Math.round(timeoutMs / 1000)} seconds`
    : `${Math.round(timeoutMs / 60_000)} minutes`
}
