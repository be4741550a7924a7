import { copyFile, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type HostCommandPaths, isOurs } from './places.ts'

/** Under this name a file is written until it is whole. Each set-up writes one of its own: another project's may be at it too. */
export const halfOf = (path: string): string => `${path}.${process.pid}.tmp`

export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(halfOf(path), text, { mode })
  await rename(halfOf(path), path)
}

export async function copyWhole(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, halfOf(to))
  await rename(halfOf(to), to)
}

/** Removes what set-ups that were killed have left half-written. What one that runs is at stays, and what is another program's. */
export async function removeHalfWritten(places: HostCommandPaths): Promise<void> {
  const { command, bash, zsh, fish, library, libraries, projects } = places
  for (const path of [command, bash, zsh, fish]) {
    for (const half of await halvesIn(dirname(path), basename(path))) {
      const isEmpty = (await lstat(half).catch(() => null))?.size === 0
      if (isEmpty || (await isOurs(half))) await rm(half, { force: true })
    }
  }
  // All that lies in these is ours.
  for (const directory of [library, libraries, projects])
    for (const half of await halvesIn(directory)) await rm(half, { force: true })
}

/** Of the file `name`, or of any. */
async function halvesIn(directory: string, name?: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  return entries.flatMap((entry) => {
    const [, of, processId] = /^(.+?)(?:\.(\d+))?\.tmp$/.exec(entry.name) ?? []
    const isHalf = entry.isFile() && of !== undefined && (name === undefined || of === name)
    return isHalf && !runs(Number(processId ?? 0)) ? [join(directory, entry.name)] : []
  })
}

/** No set-up is the first process, which `libatomic.so.1.tmp` would name: files had no number once. */
function runs(processId: number): boolean {
  if (processId <= 1) return false
  try {
    process.kill(processId, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM'
  }
}
