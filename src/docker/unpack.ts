import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { CommandFailure, runCommand } from './command.ts'

const DEADLINE_MS = 120_000
/** Of an archive, only padding comes after its end mark. */
const PADDING_DEADLINE_MS = 10_000
/** An image may hold anything; a build's static files are some MiB. */
const MAX_BYTES = 2 * 1024 ** 3

export type Unpacking = {
  /** A tar archive, not compressed. It is read to its end, or destroyed. */
  archive: Readable
  directory: string
  /** The whole environment of tar. */
  environment: Readonly<Record<string, string>>
  signal: AbortSignal
}

/**
 * Unpacks an archive into a directory that is there. Throws `aborted` (a `ReleaseError`) when `signal` ended it, the
 * stream's own error where the archive broke off, and `CommandFailure` where tar failed or 2 GiB or 120 s were exceeded.
 */
export async function unpack({ archive, directory, environment, signal }: Unpacking): Promise<void> {
  const stdin = Readable.from(limited(archive))
  try {
    const { code, lines } = await runCommand({
      argv: ['tar', '--extract', '--file=-', '--no-same-owner', '--delay-directory-restore'],
      cwd: directory,
      env: environment,
      stdin,
      signal,
      timeoutMs: DEADLINE_MS,
    })
    if (stdin.errored && !isEarlyEnd(stdin.errored)) throw stdin.errored
    if (code !== 0) throw new CommandFailure(lines.at(-1) ?? `tar ended with exit code ${code}`, lines)
    await drain(archive, AbortSignal.any([signal, AbortSignal.timeout(PADDING_DEADLINE_MS)]))
  } finally {
    archive.destroy()
  }
}

/** Leaves the archive open when its reader goes: to close it early would look like an archive that broke off. */
async function* limited(archive: Readable): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of archive.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new CommandFailure(`they are more than ${MAX_BYTES / 1024 ** 3} GiB`, [])
    yield chunk
  }
}

/** tar stops at the end mark, with the archive's last bytes still to come. */
async function drain(archive: Readable, signal: AbortSignal): Promise<void> {
  archive.resume()
  await finished(archive, { signal, writable: false })
}

const isEarlyEnd = (cause: Error): boolean =>
  'code' in cause && ['ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'].includes(String(cause.code))
