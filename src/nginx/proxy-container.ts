import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { ReleaseError, reasonOf } from '../release/errors.ts'
import { capped } from './words.ts'

/** How Docker finds the container of nginx: `key=value` labels, as compose sets them. */
export type ContainerFilter = { label: string[] }

const CONFIG = '/etc/switchyard/nginx/proxy.conf'

/** The running container of nginx. Throws `nginx-unreachable`, `docker-unreachable` (facts: `reason`). */
export async function findProxy(
  docker: Docker,
  filter: ContainerFilter,
  signal: AbortSignal,
): Promise<Docker.Container> {
  const found = await asked(docker.listContainers({ filters: filter, abortSignal: signal }), signal)
  const first = found[0]
  if (!first) throw new ReleaseError('nginx-unreachable', { reason: 'its container does not run' })
  return docker.getContainer(first.Id)
}

/** Runs `nginx -t` in the container; what it wrote, and whether it accepts. Throws `docker-unreachable`. */
export async function testConfig(
  container: Docker.Container,
  signal: AbortSignal,
): Promise<{ isAccepted: boolean; output: string }> {
  const run = await asked(
    container.exec({
      Cmd: ['nginx', '-e', 'stderr', '-t', '-c', CONFIG],
      AttachStdout: true,
      AttachStderr: true,
      abortSignal: signal,
    }),
    signal,
  )
  const stream = await asked(run.start({ abortSignal: signal }), signal)
  const output = await demuxed(container, stream)
  const { ExitCode } = await asked(run.inspect({ abortSignal: signal }), signal)
  return { isAccepted: ExitCode === 0, output }
}

/** Tells the master process to take up its configuration. Docker's yes says nothing about nginx's. */
export async function signalReload(container: Docker.Container, signal: AbortSignal): Promise<void> {
  await asked(container.kill({ signal: 'HUP', abortSignal: signal }), signal)
}

/** Has nginx open its log files anew. Throws `docker-unreachable`. */
export async function signalReopen(container: Docker.Container, signal: AbortSignal): Promise<void> {
  await asked(container.kill({ signal: 'USR1', abortSignal: signal }), signal)
}

/** What nginx wrote to its container's log since `sinceMs` (epoch). */
export async function logSince(
  container: Docker.Container,
  sinceMs: number,
  signal: AbortSignal,
): Promise<string> {
  const since = Math.floor(sinceMs / 1000)
  const lines = await asked(
    container.logs({ follow: false, stdout: true, stderr: true, since, tail: 200, abortSignal: signal }),
    signal,
  )
  const source = new PassThrough()
  source.end(lines)
  return demuxed(container, source)
}

/** Worker processes that take new connections, by the daemon's `ps`; null on hosts without one. */
export async function countWorkers(container: Docker.Container, signal: AbortSignal): Promise<number | null> {
  try {
    const { Processes } = await container.top({ ps_args: '-eo pid,args', abortSignal: signal })
    const commands = Processes.map((columns: string[]) => columns.at(-1) ?? '')
    return commands.filter((command: string) => /^nginx: worker process$/.test(command)).length
  } catch {
    signal.throwIfAborted()
    return null
  }
}

async function demuxed(container: Docker.Container, source: NodeJS.ReadableStream): Promise<string> {
  const both = new PassThrough()
  container.modem.demuxStream(source, both, both)
  source.once('end', () => both.end())
  source.once('error', (error) => both.destroy(error))
  return capped(await text(both))
}

async function asked<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof Error && 'statusCode' in cause) {
      throw new ReleaseError('nginx-unreachable', { reason: reasonOf(cause) }, { cause })
    }
    throw new ReleaseError('docker-unreachable', { reason: reasonOf(cause) }, { cause })
  }
}
