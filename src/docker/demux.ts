import { lineSplitter } from './lines.ts'

export type LogStream = 'stdout' | 'stderr'

const HEADER_BYTES = 8

/**
 * Takes Docker's log frames (8 bytes of header: stream, length) apart into lines of each stream.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export function demultiplexer(onLine: (stream: LogStream, line: string) => void): {
  write(chunk: Buffer): void
  end(): void
} {
  const splitters = {
    stdout: lineSplitter((line) => onLine('stdout', line)),
    stderr: lineSplitter((line) => onLine('stderr', line)),
  }
  let header = Buffer.alloc(0)
  let stream: LogStream = 'stdout'
  let left = 0

  function write(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) rest = left > 0 ? takePayload(rest) : takeHeader(rest)
  }

  function takePayload(bytes: Buffer): Buffer {
    const payload = bytes.subarray(0, left)
    left -= payload.length
    splitters[stream].write(payload)
    return bytes.subarray(payload.length)
  }

  function takeHeader(bytes: Buffer): Buffer {
    const missing = HEADER_BYTES - header.length
    header = Buffer.concat([header, bytes.subarray(0, missing)])
    if (header.length === HEADER_BYTES) {
      stream = header[0] === 2 ? 'stderr' : 'stdout'
      left = header.readUInt32BE(4)
      header = Buffer.alloc(0)
    }
    return bytes.subarray(missing)
  }

  return {
    write,
    end: () => {
      splitters.stdout.end()
      splitters.stderr.end()
    },
  }
}
