import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { dockerSilent, dockerUnreachable } from '../release/docker-unreachable.ts'
import { ReleaseError, reasonOf } from '../release/errors.ts'
import { within } from '../release/within.ts'
import type { NginxRevision } from './known-faults.ts'
import { capped } from './words.ts'

/** How Docker finds the container of nginx: `key=value` labels, as compose sets them. */
export type ContainerFilter = { label: string[] }

/** For each answer of Docker's, and for the run of `nginx -t`, which waits on names that it has to look up. */
const ANSWER_WITHIN_MS = 10_000
const CONFIG = '/etc/switchyard/nginx/proxy.conf'

/** The running container of nginx. Throws `nginx-unreachable`, `docker-unreachable` (facts: `reason`). */
export async function findProxy(
  docker: Docker,
  filter: ContainerFilter,
  signal: AbortSignal,
): Promise<Docker.Container> {
  const found = await asked(signal, (abortSignal) => docker.listContainers({ filters: filter, abortSignal }))
  const first = found[0]
  if (!first) throw new ReleaseError('nginx-unreachable', { reason: 'its container does not run' })
  return docker.getContainer(first.Id)
}

/** Runs `nginx -t` in the container; what it wrote, and whether it accepts. Throws `nginx-unreachable`, `docker-unreachable`. */
export async function testConfig(
  container: Docker.Container,
  signal: AbortSignal,
): Promise<{ isAccepted: boolean; output: string }> {
  return runInside(container, ['nginx', '-e', 'stderr', '-t', '-c', CONFIG], signal)
}

/** What runs in the container, or null where it does not tell. Throws `nginx-unreachable`, `docker-unreachable`. */
export async function revisionOf(
  container: Docker.Container,
  signal: AbortSignal,
): Promise<NginxRevision | null> {
  const { output } = await runInside(container, ['nginx', '-v'], signal)
  const version = /nginx\/(\d+\.\d+\.\d+)/.exec(output)?.[1]
  if (version === undefined) return null
  const { isAccepted, output: row } = await runInside(container, ['dpkg-query', '--show', 'nginx'], signal)
  return { version, package: (isAccepted ? row.trim().split('\t')[1] : null) ?? null }
}

async function runInside(
  container: Docker.Container,
  argv: string[],
  signal: AbortSignal,
): Promise<{ isAccepted: boolean; output: string }> {
  const run = await asked(signal, (abortSignal) =>
    container.exec({
      Cmd: argv,
      AttachStdout: true,
      AttachStderr: true,
      abortSignal,
    }),
  )
  const stream = await asked(signal, () => run.start({ abortSignal: signal }))
  try {
    const output = await within(signal, ANSWER_WITHIN_MS, () => demuxed(container, stream), tookTooLong)
    const { ExitCode } = await asked(signal, (abortSignal) => run.inspect({ abortSignal }))
    return { isAccepted: ExitCode === 0, output }
  } finally {
    stream.destroy()
  }
}

/** Tells the master process to take up its configuration. Docker's yes says nothing about nginx's. */
export async function signalReload(container: Docker.Container, signal: AbortSignal): Promise<void> {
  await asked(signal, (abortSignal) => container.kill({ signal: 'HUP', abortSignal }))
}

/** Has nginx open its log files anew. Throws `docker-unreachable`. */
export async function signalReopen(container: Docker.Container, signal: AbortSignal): Promise<void> {
  await asked(signal, (abortSignal) => container.kill({ signal: 'USR1', abortSignal }))
}

/** What nginx wrote to its container's log since `sinceMs` (epoch). */
export async function logSince(
  container: Docker.Container,
  sinceMs: number,
  signal: AbortSignal,
): Promise<string> {
  const since = Math.floor(sinceMs / 1000)
  const lines = await asked(signal, (abortSignal) =>
    container.logs({ follow: false, stdout: true, stderr: true, since, tail: 200, abortSignal }),
  )
  const source = new PassThrough()
  source.end(lines)
  return demuxed(container, source)
}

/** The process ids of the workers that take new connections; null where Docker can't list processes. */
export async function servingWorkers(
  container: Docker.Container,
  signal: AbortSignal,
): Promise<string[] | null> {
  try {
    const { Processes } = await container.top({ ps_args: '-eo pid,args', abortSignal: signal })
    // One that is shutting down says so in its title.
    const serving = Processes.filter((columns: string[]) => columns.at(-1) === 'nginx: worker process')
    return serving.map((columns: string[]) => columns[0] ?? '')
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

const tookTooLong = (): ReleaseError =>
  new ReleaseError('nginx-unreachable', {
    reason: `nginx -t did not end within ${ANSWER_WITHIN_MS / 1_000} seconds`,
  })

async function asked<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await within(signal, ANSWER_WITHIN_MS, call, (cause) => dockerSilent(ANSWER_WITHIN_MS, cause))
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof ReleaseError) throw cause
    if (cause instanceof Error && 'statusCode' in cause) {
      throw new ReleaseError('nginx-unreachable', { reason: reasonOf(cause) }, { cause })
    }
    throw (
      dockerUnreachable(cause) ??
      new ReleaseError('docker-unreachable', { reason: reasonOf(cause) }, { cause })
    )
  }
}
