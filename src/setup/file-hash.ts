import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Every file below `path` (or `path` itself when it is a file), relative to `root`, sorted. */
export async function filesBelow(root: string, path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true, recursive: true }).catch((error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return null
    throw error
  })
  if (entries === null) return [path]
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

/** One hash over the names and contents of `files` (relative to `root`) and `extras`. */
export async function hashOf(
  root: string,
  files: readonly string[],
  extras: readonly string[] = [],
): Promise<string> {
  const hash = createHash('sha256')
  for (const extra of extras) hash.update(`${extra}\0`)
  for (const file of files) {
    const content = await readFile(join(root, file))
    hash.update(`${file}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}
