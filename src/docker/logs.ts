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

/** `tail`: that many of the lines that are there, null for all. `after`: none up to the time that a line of this container had. */
export type LogStart = { tail: number | null; after: string | null }

/**
 * Lines from `start` on, then each new one until the container stops or is gone or `signal` is aborted; all end it quietly.
 * Reads no faster than it is read. Throws `docker-unreachable`.
 */
export async function* followContainerLog(
  docker: Docker,
  id: string,
  { tail, after }: LogStart,
  signal: AbortSignal,
): AsyncGenerator<ContainerLogLine> {
  const opened = await ask(signal, () =>
    docker.getContainer(id).logs({
      ...{ stdout: true, stderr: true, timestamps: true, follow: true, abortSignal: signal },
      ...(tail === null ? {} : { tail }),
      ...(after === null ? {} : { since: Math.floor(Date.parse(after) / 1_000) }),
    }),
  ).catch((cause: unknown) => {
    if (statusCodeOf(cause) === 404) return null
    throw cause
  })
  if (opened === null) return
  const waiting: ContainerLogLine[] = []
  const demux = demultiplexer((stream, text) => {
    const line = logLine(stream, text)
    if (after === null || line.at > after) waiting.push(line)
  })
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
