import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes `content` what the file at `path` holds, so that a power cut at any moment leaves the former file or the whole new
 * one, and the new one once this has returned: write-temp, fsync, rename, fsync of the directory.
 * With `mode` its rights are exactly that; without, 0644 less the umask.
 */
export async function replaceDurably(path: string, content: string | Buffer, mode?: number): Promise<void> {
  const temporary = `${path}.tmp`
  {
    await using file = await open(temporary, 'w', mode ?? 0o644)
    if (mode !== undefined) await file.chmod(mode)
    await file.writeFile(content)
    await file.sync()
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

/** Makes the names in the directory at `path` durable: else a power cut could bring back what a rename or removal has changed. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}
