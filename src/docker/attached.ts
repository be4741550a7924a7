import type Docker from 'dockerode'
import { demultiplexer } from './demux.ts'

/** The output of a container, as it comes. */
export type Attached = {
  /** Once nothing more will come. */
  isDrained: Promise<void>
  /** Hands on a last line that has no end. */
  end(): void
}

/** Hands each line of a container's output to `take`. Called before it is started, so that none is missed. */
export async function attachLines(
  container: Docker.Container,
  take: (line: string) => void,
): Promise<Attached> {
  const output = demultiplexer((_stream, line) => take(line))
  const stream = await container.attach({ stream: true, stdout: true, stderr: true })
  stream.on('data', output.write)
  const isDrained = new Promise<void>((resolve) => stream.once('end', resolve).once('close', resolve))
  return { isDrained, end: output.end }
}
