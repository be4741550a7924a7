import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** nginx reads them as uid 1000, whatever modes the image has. */
const DIRECTORY_MODE = 0o755
const FILE_MODE = 0o644

/**
 * Makes everything under `directory` readable for all and removes what is neither file nor directory:
 * a link in an image could show nginx's own files to visitors. Null where `directory` does not exist.
 * A compressed copy beside its file is not counted.
 */
export async function tidyAssets(directory: string): Promise<{ files: number; dropped: number } | null> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw cause
  })
  if (!entries) return null
  await chmod(directory, DIRECTORY_MODE)
  const names = new Set(entries.map(({ name }) => name))
  let files = 0
  let dropped = 0
  for (const entry of entries) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) {
      const below = await tidyAssets(path)
      files += below?.files ?? 0
      dropped += below?.dropped ?? 0
    } else if (entry.isFile()) {
      await chmod(path, FILE_MODE)
      if (!isCopy(entry.name, names)) files += 1
    } else {
      await rm(path)
      dropped += 1
    }
  }
  return { files, dropped }
}

const isCopy = (name: string, names: ReadonlySet<string>): boolean =>
  name.endsWith('.gz') && names.has(name.slice(0, -'.gz'.length))
