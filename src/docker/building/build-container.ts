import { once } from 'node:events'
import type Docker from 'dockerode'
import { z } from 'zod'
import { dockerUnreachable } from '../../release/docker-unreachable.ts'
import type { LogSink } from '../../release/ports.ts'
import { attachLines } from '../attached.ts'
import { ask } from '../engine.ts'
import { keepLines } from '../output.ts'

/** The label of what a build makes for itself, with the name of the project. */
export const BUILD_LABEL = 'io.switchyard.build'

/** Docker's answer to the start waits for the image's files to be mounted. */
const START_DEADLINE_MS = 60_000
/** The log of a container that has ended is there at once. */
const DRAIN_DEADLINE_MS = 5_000
/** V8's own highest default, in MiB. */
const MOST_HEAP_MIB = 4_096
const HEAP_SHARE = 0.75
/** A fork bomb, or a test runner gone wild; Next has some dozens. */
const MOST_PROCESSES = 4_096
/** Of all processes of the machine these are ended first where it has no memory left. */
const FIRST_TO_GO = 1_000

export type BuildRun = {
  projectName: string
  /** An image whose command installs the packages, or builds the app, in its working directory. */
  image: string
  environment: Readonly<Record<string, string>>
  /** Files by their path inside, read-only. */
  files: Readonly<Record<string, string>>
  /** Volumes by their path inside: what is kept from build to build. */
  volumes: Readonly<Record<string, string>>
  memoryBytes: number
}

/** How the container of a build ended. It is there still, for its files. */
export type BuildEnd = {
  container: Docker.Container
  /** What it ran. */
  argv: readonly string[]
  code: number
  isOutOfMemory: boolean
  lines: string[]
}

const MIB = 1024 ** 2

const waitSchema = z.object({ StatusCode: z.number().int() })
const inspectSchema = z.object({
  Config: z.object({ Cmd: z.array(z.string()).nullable() }),
  State: z.object({ OOMKilled: z.boolean() }),
})

/**
 * Runs a build in a container of its own, with a limit of memory, without capabilities, and on the network that BuildKit's
 * builds have. Lines go to `log` as they come. Throws what ended `signal` once the container is gone, `docker-unreachable`.
 */
export async function runBuild(
  docker: Docker,
  run: BuildRun,
  log: LogSink,
  signal: AbortSignal,
): Promise<BuildEnd> {
  const output = keepLines(log)
  const container = await ask(signal, (abortSignal) =>
    docker.createContainer({ ...described(run), abortSignal }),
  )
  try {
    const { isDrained, end } = await ask(signal, () => attachLines(container, output.take))
    await ask(signal, () => container.start(), START_DEADLINE_MS)
    const { StatusCode } = waitSchema.parse(await untilEnded(container, signal))
    await Promise.race([isDrained, once(AbortSignal.timeout(DRAIN_DEADLINE_MS), 'abort')])
    end()
    const { Config, State } = inspectSchema.parse(await ask(signal, () => container.inspect()))
    return {
      container,
      argv: Config.Cmd ?? [],
      code: StatusCode,
      isOutOfMemory: State.OOMKilled,
      lines: output.lines(),
    }
  } catch (cause) {
    // Killed and gone before the release is told to have ended. What can't be removed now, the next build removes.
    await container.remove({ force: true, v: true }).catch(() => undefined)
    throw dockerUnreachable(cause) ?? cause
  }
}

function untilEnded(container: Docker.Container, signal: AbortSignal): Promise<unknown> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  return Promise.race([container.wait({ abortSignal: signal }), aborted.promise]).finally(() =>
    signal.removeEventListener('abort', onAbort),
  )
}

function described(run: BuildRun): Docker.ContainerCreateOptions {
  const heapMib = Math.min(MOST_HEAP_MIB, Math.floor((run.memoryBytes * HEAP_SHARE) / MIB))
  const environment = { ...run.environment, BUILD_HEAP_MIB: String(heapMib) }
  return {
    Image: run.image,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    Labels: { [BUILD_LABEL]: run.projectName },
    HostConfig: {
      Init: true,
      Memory: run.memoryBytes,
      OomScoreAdj: FIRST_TO_GO,
      PidsLimit: MOST_PROCESSES,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      // Its lines are in the release's log.
      LogConfig: { Type: 'none', Config: {} },
      Binds: [
        ...Object.entries(run.volumes).map(([inside, volume]) => `${volume}:${inside}`),
        ...Object.entries(run.files).map(([inside, outside]) => `${outside}:${inside}:ro`),
      ],
    },
  }
}
