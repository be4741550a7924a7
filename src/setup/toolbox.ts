import type Docker from 'dockerode'
import { attachLines } from '../docker/attached.ts'
import { CommandFailure } from '../docker/command.ts'
import { statusCodeOf } from '../docker/engine.ts'
import { within } from '../release/within.ts'
import { PROJECT_LABEL, SERVICE_LABEL } from './containers.ts'
import { beforeSignalEnds } from './on-signals.ts'
import type { Say } from './progress.ts'

/** What runs once in a container of its own, and is gone afterwards. */
export type Errand = {
  image: string
  argv: readonly string[]
  /** `/outside:/inside` or with `:ro`. */
  binds: readonly string[]
  env?: readonly string[]
  cwd?: string
  user?: string
  extraHosts?: readonly string[]
  tmpfs?: Readonly<Record<string, string>>
  network?: string
  sysctls?: Readonly<Record<string, string>>
  /** Sees the host's processes, and may look into them. */
  watchesHost?: boolean
  timeoutMs: number
}

const KEPT_LINES = 60
/** As much as nginx and the slots have together (docker-compose.release.yml). */
const WATCHER_CPU_SHARES = 16_384
/** What it keeps for one connection is capped, and visitors open thousands: beyond this it ends, and the machine does not. */
const WATCHER_MEMORY_BYTES = 256 * 1024 ** 2
const ERRAND_LABEL = 'io.switchyard.errand'

/** The mounts with which docker, compose and buildx work on the project from inside the tools image. */
export function projectBinds(directory: string): string[] {
  return ['/var/run/docker.sock:/var/run/docker.sock', `${directory}:${directory}`]
}

/**
 * Runs an errand to its end. Throws `CommandFailure` with its last lines on any exit code but 0, or when it takes too long.
 * A signal to this process ends the errand first: else compose would go on by itself, and without the lock.
 */
export async function runErrand(docker: Docker, errand: Errand, say: Say): Promise<readonly string[]> {
  const cut = new AbortController()
  const run = carryOut(docker, errand, say, cut.signal)
  const isDone = beforeSignalEnds(async () => {
    cut.abort()
    await run.catch((cause) => {
      if (cause !== cut.signal.reason) throw cause
    })
  })
  try {
    return await run
  } finally {
    await isDone()
  }
}

/** Removes errands that have ended, whichever set-up left them: one that is killed can't take its own along. */
export async function removeEndedErrands(docker: Docker): Promise<void> {
  const filters = { label: [ERRAND_LABEL], status: ['exited', 'dead'] }
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await removeErrand(docker.getContainer(Id))
  }
}

async function carryOut(
  docker: Docker,
  errand: Errand,
  say: Say,
  cut: AbortSignal,
): Promise<readonly string[]> {
  const lines: string[] = []
  const container = await docker.createContainer(described(errand))
  try {
    const { isDrained, end } = await attachLines(container, (line) => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      say(line)
    })
    cut.throwIfAborted()
    await container.start()
    const status = await statusOf(container, errand, cut)
    await isDrained
    end()
    if (status !== 0)
      throw new CommandFailure(`\`${errand.argv.join(' ')}\` ended with exit code ${status}`, lines)
    return lines
  } finally {
    await removeErrand(container)
  }
}

/** Of one that removes itself at its end, since nobody may be there who would. */
export function createLasting(docker: Docker, errand: Errand): Promise<Docker.Container> {
  const { HostConfig, ...options } = described(errand)
  return docker.createContainer({ ...options, HostConfig: { ...HostConfig, AutoRemove: true } })
}

function described(errand: Errand): Docker.ContainerCreateOptions {
  return {
    Image: errand.image,
    Entrypoint: [],
    Cmd: [...errand.argv],
    WorkingDir: errand.cwd,
    User: errand.user,
    Env: ['DOCKER_CONFIG=/tmp/docker', 'BUILDX_CONFIG=/tmp/buildx', 'LC_ALL=C.UTF-8', ...(errand.env ?? [])],
    // An image that compose has built says that it is a service's, and its containers would be taken for one.
    Labels: { [ERRAND_LABEL]: 'set-up', [PROJECT_LABEL]: '', [SERVICE_LABEL]: '' },
    HostConfig: {
      Binds: [...errand.binds],
      NetworkMode: errand.network ?? 'none',
      ExtraHosts: [...(errand.extraHosts ?? [])],
      Tmpfs: errand.tmpfs,
      Sysctls: errand.sysctls,
      Init: true,
      ...(errand.watchesHost === true
        ? {
            PidMode: 'host',
            CapAdd: ['SYS_PTRACE', 'SYS_NICE'],
            SecurityOpt: ['apparmor=unconfined'],
            CpuShares: WATCHER_CPU_SHARES,
            Memory: WATCHER_MEMORY_BYTES,
          }
        : {}),
    },
  }
}

async function statusOf(
  container: Docker.Container,
  { argv, timeoutMs }: Errand,
  cut: AbortSignal,
): Promise<number> {
  const late = () => new CommandFailure(`\`${argv.join(' ')}\` took longer than ${timeoutMs / 1000} s`, [])
  const { StatusCode } = await within(cut, timeoutMs, () => container.wait(), late)
  return StatusCode
}

/** Another set-up may be at it: then it is gone (404), or on its way (409). */
export async function removeErrand(container: Docker.Container): Promise<void> {
  try {
    await container.remove({ force: true })
  } catch (cause) {
    if (![404, 409].includes(statusCodeOf(cause) ?? 0)) throw cause
  }
}
