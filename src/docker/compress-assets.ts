import { createReadStream, createWriteStream } from 'node:fs'
import { access, readdir, rm, stat, utimes } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip } from 'node:zlib'

/** The others are compressed in themselves: woff2, png, jpg, webp, avif, mp4. */
const COMPRESSIBLE = new Set([
  ...['.js', '.mjs', '.cjs', '.css', '.html', '.txt', '.md', '.csv', '.xml', '.rsc', '.vtt'],
  ...['.json', '.webmanifest', '.map', '.svg', '.wasm', '.ttf', '.otf', '.eot', '.ico', '.bmp'],
])
/** Below this an answer fits in the first packet with or without it. */
const MIN_BYTES = 1024
const COPY_SUFFIX = '.gz'
/** Of Linux, for one name. */
const MAX_NAME_BYTES = 255
/** Visitors are served by the same cores meanwhile, and zlib takes a thread for each. */
const AT_ONCE = 2

/**
 * Writes NAME.gz beside each file below `directory` that gets smaller by it; nginx's `gzip_static` serves these.
 * A NAME.gz that is there stays: the build made it. Throws the signal's reason, or an `Error` of the file system.
 */
export async function compressAssets(directory: string, signal: AbortSignal): Promise<{ files: number }> {
  const paths = (await filesBelow(directory)).values()
  const broken = new AbortController()
  const either = AbortSignal.any([signal, broken.signal])
  let files = 0
  const work = async (): Promise<void> => {
    for (const path of paths) if (await compressFile(path, either)) files += 1
  }
  const workers = Array.from({ length: AT_ONCE }, () =>
    work().catch((cause: unknown) => {
      broken.abort(cause)
      throw cause
    }),
  )
  // None may go on writing where the caller is already removing the directory.
  await Promise.allSettled(workers)
  signal.throwIfAborted()
  broken.signal.throwIfAborted()
  return { files }
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && isCompressible(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

const isCompressible = (name: string): boolean =>
  COMPRESSIBLE.has(extname(name).toLowerCase()) &&
  Buffer.byteLength(name) + COPY_SUFFIX.length <= MAX_NAME_BYTES

async function compressFile(path: string, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted()
  const { size, atime, mtime } = await stat(path)
  const target = `${path}${COPY_SUFFIX}`
  if (size < MIN_BYTES || (await exists(target))) return false
  await pipeline(
    createReadStream(path),
    createGzip({ level: constants.Z_BEST_COMPRESSION }),
    createWriteStream(target, { flags: 'wx', mode: 0o644 }),
    { signal },
  )
  if ((await stat(target)).size >= size) {
    await rm(target)
    return false
  }
  // Last-Modified is then the same for both, whatever a browser accepts.
  await utimes(target, atime, mtime)
  return true
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
