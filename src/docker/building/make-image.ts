import { chmod, copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { wordsOf } from '../../release/messages.ts'
import type { LogSink } from '../../release/ports.ts'
import { buildImage, type ImageBuild, isReadable } from '../buildx.ts'
import { lastLines } from '../command.ts'
import { ask } from '../engine.ts'
import type { Project } from '../project.ts'
import type { Redact } from '../redact.ts'
import { archiveOf, type BuildContext } from '../source/build-context.ts'
import { BUILD_LABEL, type BuildEnd, runBuild } from './build-container.ts'
import { endedBadly, tookTooLong } from './ending.ts'
import { buildRepository, ensureCacheVolume, removeLeftBuilds } from './left-builds.ts'

const COMMIT_DEADLINE_MS = 5 * 60_000
const CLEAR_DEADLINE_MS = 60_000
const DETAIL_LINES = 30
/** The stage that a container can run, and the argument that names what the slot takes its files from. */
const STAGE = /^FROM\s.*\sAS\s+source\s*$/im
const ARGUMENT = /^ARG\s+BUILT=/im

export type ImageMaking = {
  docker: Docker
  project: Project
  context: BuildContext
  /** The tag of the slot's image. */
  tag: string
  deploymentId: string
  /** Of the Dockerfile. */
  buildArguments: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
  /** Path by id; those that do not exist are left out. */
  secrets: Readonly<Record<string, string>>
  buildCpus: string
  memoryBytes: number
  timeoutMs: number
  redact: Redact
}

/**
 * Makes the image of the slot: BuildKit installs the packages, a container with limits builds the app, and BuildKit takes
 * its files from there. A Dockerfile without the stage `source` is built as it is. Answers with the image's id. Throws
 * `build-failed`, `build-killed`, `docker-unreachable`, `aborted`, once nothing of the build runs any more.
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
  if (!STAGE.test(dockerfile) || !ARGUMENT.test(dockerfile)) {
    log('Dockerfile.runtime has no stage "source", so this build has no memory limit of its own.')
    return buildImage(project, described(making, slot), redact, log, signal)
  }
  await removeLeftBuilds(making.docker, project.name, signal)
  try {
    const built = await buildInContainer(making, log, signal)
    const last = described(making, { ...slot, buildArguments: { ...making.buildArguments, BUILT: built } })
    return await buildImage(project, last, redact, log, signal)
  } finally {
    await clear(making, log)
  }
}

/** Answers with the name of an image that holds what the app's build has written. */
async function buildInContainer(making: ImageMaking, log: LogSink, signal: AbortSignal): Promise<string> {
  const { docker, project, context, redact } = making
  const labels = { [BUILD_LABEL]: project.name }
  const source = described(making, { target: 'source', tag: null, labels })
  const image = await buildImage(project, source, redact, log, signal)
  const files = await filesFor(making)
  const end = await runBuild(
    docker,
    {
      ...{ image, files, projectName: project.name, memoryBytes: making.memoryBytes },
      cacheVolume: await ensureCacheVolume(docker, project.name, signal),
      environment: { DEPLOYMENT_ID: making.deploymentId, BUILD_CPUS: making.buildCpus },
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

/** Copies that any user inside may read, in a directory that only root may enter outside; where the Dockerfile has them too. */
async function filesFor({ context, secrets }: ImageMaking): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const [id, path] of Object.entries({ ...secrets, ...npmrcOf(context) })) {
    // The file itself is for a Dockerfile of before: its values come as `build_values`.
    if (id === 'build_env' || !(await isReadable(path))) continue
    const copy = join(context.scratch, `secret-${id}`)
    await copyFile(path, copy)
    await chmod(copy, 0o444)
    files[id === 'ca' ? '/run/ca.pem' : `/run/${id}`] = copy
  }
  return files
}

const npmrcOf = ({ hasNpmrc, scratch }: BuildContext): Record<string, string> =>
  hasNpmrc ? { npmrc: join(scratch, 'npmrc') } : {}

function described(
  making: ImageMaking,
  build: Pick<ImageBuild, 'target' | 'tag' | 'labels'> & Partial<ImageBuild>,
): ImageBuild {
  return {
    archive: () => archiveOf(making.context),
    buildArguments: making.buildArguments,
    secrets: { ...making.secrets, ...npmrcOf(making.context) },
    timeoutMs: making.timeoutMs,
    ...build,
  }
}

function refuseBad({ memoryBytes, redact }: ImageMaking, end: BuildEnd): void {
  if (end.code === 0) return
  const { code, isOutOfMemory, lines } = end
  const ending = { program: `\`${programOf(end)}\``, code, isOutOfMemory, memoryBytes, lines }
  throw endedBadly(ending, redact(lastLines(lines, DETAIL_LINES)))
}

/** Whoever deploys has written an app for `next build`, and no line of the script that starts it. */
function programOf({ argv, lines }: BuildEnd): string {
  const program = argv.join(' ')
  if (program !== 'node scripts/build.mjs') return program
  const own = lines.flatMap((line) => OWN_SCRIPT.exec(line)?.[1] ?? []).at(-1)
  return own === undefined ? 'next build' : `npm run ${own}`
}

/** As scripts/own-scripts.mjs says it. */
const OWN_SCRIPT = /^The script (\S+) of \S+ ended with exit code \d+\.$/

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
