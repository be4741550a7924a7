import type Docker from 'dockerode'
import { demultiplexer, type LogStream } from './demux.ts'
import { ask, statusCodeOf } from './engine.ts'

export type ContainerLogLine = {
  /** When Docker took the line: ISO 8601, UTC. */
  at: string
  stream: LogStream
  text: string
}

/** The last `tail` lines of a container, oldest first; none when it is gone. Throws `docker-unreachable`, `aborted`. */
export async function readContainerLog(
  docker: Docker,
  id: string,
  tail: number,
  signal: AbortSignal,
): Promise<ContainerLogLine[]> {
  const lines: ContainerLogLine[] = []
  const demux = demultiplexer((stream, line) => lines.push(logLine(stream, line)))
  try {
    const bytes = await ask(signal, (abortSignal) =>
      docker.getContainer(id).logs({ stdout: true, stderr: true, timestamps: true, tail, abortSignal }),
    )
    demux.write(bytes)
    demux.end()
  } catch (cause) {
    if (statusCodeOf(cause) !== 404) throw cause
  }
  return inOrder(lines).slice(-tail)
}

/**
 * The last `tail` lines, then each new one until the container stops or `signal` is aborted; both end it quietly.
 * Reads no faster than it is read. Throws `docker-unreachable`.
 */
export async function* followContainerLog(
  docker: Docker,
  id: string,
  tail: number,
  signal: AbortSignal,
): AsyncGenerator<ContainerLogLine> {
  const opened = await ask(signal, () =>
    docker
      .getContainer(id)
      .logs({ stdout: true, stderr: true, timestamps: true, follow: true, tail, abortSignal: signal }),
  )
  const waiting: ContainerLogLine[] = []
  const demux = demultiplexer((stream, line) => waiting.push(logLine(stream, line)))
  for await (const chunk of chunksOf(opened, signal)) {
    demux.write(chunk)
    yield* waiting.splice(0)
  }
  demux.end()
  yield* waiting.splice(0)
}

async function* chunksOf(stream: NodeJS.ReadableStream, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
  } catch (cause) {
    if (!signal.aborted) throw cause
  }
}

function logLine(stream: LogStream, line: string): ContainerLogLine {
  const space = line.indexOf(' ')
  const at = space === -1 ? line : line.slice(0, space)
  return { at, stream, text: space === -1 ? '' : line.slice(space + 1) }
}

/** Docker sends the two streams in order; a cut line of one of them may still come late. */
function inOrder(lines: readonly ContainerLogLine[]): ContainerLogLine[] {
  return [...lines].sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0))
}
