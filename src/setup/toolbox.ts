import type Docker from 'dockerode'
import { CommandFailure } from '../docker/command.ts'
import { demultiplexer } from '../docker/demux.ts'
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
  timeoutMs: number
}

const KEPT_LINES = 60
const ERRAND_LABEL = 'io.switchyard.errand'

/** The mounts with which docker, compose and buildx work on the project from inside the tools image. */
export function projectBinds(directory: string): string[] {
  return ['/var/run/docker.sock:/var/run/docker.sock', `${directory}:${directory}`]
}

/** Runs an errand to its end. Throws `CommandFailure` with its last lines on any exit code but 0, or when it takes too long. */
export async function runErrand(docker: Docker, errand: Errand, say: Say): Promise<readonly string[]> {
  const lines: string[] = []
  const container = await docker.createContainer({
    Image: errand.image,
    Entrypoint: [],
    Cmd: [...errand.argv],
    WorkingDir: errand.cwd,
    User: errand.user,
    Env: ['DOCKER_CONFIG=/tmp/docker', 'BUILDX_CONFIG=/tmp/buildx', 'LC_ALL=C.UTF-8', ...(errand.env ?? [])],
    Labels: { [ERRAND_LABEL]: 'set-up' },
    HostConfig: {
      Binds: [...errand.binds],
      NetworkMode: errand.network ?? 'none',
      ExtraHosts: [...(errand.extraHosts ?? [])],
      Tmpfs: errand.tmpfs,
      Init: true,
    },
  })
  try {
    const output = demultiplexer((_stream, line) => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      say(line)
    })
    const stream = await container.attach({ stream: true, stdout: true, stderr: true })
    stream.on('data', output.write)
    const drained = new Promise<void>((resolve) => stream.once('end', resolve).once('close', resolve))
    await container.start()
    const status = await withDeadline(container.wait(), errand)
    await drained
    output.end()
    if (status !== 0)
      throw new CommandFailure(`\`${errand.argv.join(' ')}\` ended with exit code ${status}`, lines)
    return lines
  } finally {
    await container.remove({ force: true })
  }
}

async function withDeadline(
  ended: Promise<{ StatusCode: number }>,
  { argv, timeoutMs }: Errand,
): Promise<number> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new CommandFailure(`\`${argv.join(' ')}\` took longer than ${timeoutMs / 1000} s`, [])),
    timeoutMs,
  )
  try {
    return (await Promise.race([ended, late.promise])).StatusCode
  } finally {
    clearTimeout(timer)
  }
}
