import { readFile, statfs } from 'node:fs/promises'
import prettyBytes from 'pretty-bytes'
import { layersRoot } from './disk/layers-root.ts'
import type { Finding } from './preflight.ts'

/** A build of a Next.js app with its packages makes some tens of thousands of files. */
const MIN_FREE_INODES = 50_000

export type FreeDisk = {
  path: string
  bytes: number
  /** Null on file systems that make inodes as they are needed. */
  inodes: number | null
}

/** Of the file system at `path`, told as that of `name`. Throws where there is none. */
export async function readFreeDisk(path: string, name = path): Promise<FreeDisk> {
  const { bavail, bsize, files, ffree } = await statfs(path)
  return { path: name, bytes: bavail * bsize, inodes: files > 0 ? ffree : null }
}

/**
 * Where Docker keeps its images: the first of `roots` that is there (`disk/images-root.ts`). A container sees none of them, but its
 * own root is a layer there: overlayfs answers statfs(2) for the file system of that layer.
 */
export async function readDockerDisk(roots: readonly string[]): Promise<FreeDisk> {
  for (const root of roots) {
    const disk = await readFreeDisk(root).catch(() => null)
    if (disk !== null) return disk
  }
  return readFreeDisk('/', layersRoot(await readFile('/proc/self/mountinfo', 'utf8')) ?? roots[0])
}

/**
 * Enough for one more build on each of `disks`, or not. Told of the first one that is too full, else of the first: two of
 * one file system differ by what is written between two looks, so that the least would bear now one name, now the other.
 */
export function diskVerdict(disks: readonly [FreeDisk, ...FreeDisk[]], minFreeBytes: number): Finding {
  const verdicts = disks.map((disk) => verdictOf(disk, minFreeBytes))
  return (
    verdicts.find(({ outcome }) => outcome === 'refused') ?? verdicts[0] ?? verdictOf(disks[0], minFreeBytes)
  )
}

/** How much must go until `diskVerdict` lets a release begin; 0 where it does. How much a file's inode takes nobody can tell. */
export function missingBytes(disks: readonly FreeDisk[], minFreeBytes: number): number {
  const missing = disks.map(({ bytes, inodes }) =>
    Math.max(minFreeBytes - bytes, inodes !== null && inodes < MIN_FREE_INODES ? 1 : 0),
  )
  return Math.max(0, ...missing)
}

function verdictOf({ path, bytes, inodes }: FreeDisk, minFreeBytes: number): Finding {
  const free = size(bytes)
  if (bytes < minFreeBytes) {
    return refused(`${free} are free at ${path}, a release needs ${size(minFreeBytes)}.`)
  }
  if (inodes !== null && inodes < MIN_FREE_INODES) {
    return refused(`Room for ${inodes} more files is left at ${path}, a release needs ${MIN_FREE_INODES}.`)
  }
  return { name: 'disk', outcome: 'ok', sentence: `${free} are free at ${path}.` }
}

/** What the kernel can give to new processes without swapping, in bytes: `MemAvailable`, of the host in a container too. */
export async function readAvailableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8')
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]
  if (kibibytes === undefined) throw new Error('/proc/meminfo has no MemAvailable')
  return Number(kibibytes) * 1024
}

/** Enough for a slot at its limit, or not. `limitBytes` is 0 for a slot without one. */
export function memoryVerdict(memory: { limitBytes: number; availableBytes: number }): Finding {
  const { limitBytes, availableBytes } = memory
  const available = size(availableBytes)
  if (limitBytes === 0) {
    return {
      name: 'memory',
      outcome: 'warning',
      sentence: `The slots have no memory limit; ${available} are available.`,
    }
  }
  if (availableBytes < limitBytes) {
    return {
      code: 'memory-short',
      name: 'memory',
      outcome: 'refused',
      sentence: `${available} are available, a slot at its limit needs ${size(limitBytes)}.`,
    }
  }
  return {
    name: 'memory',
    outcome: 'ok',
    sentence: `${available} of memory are available, a slot at its limit needs ${size(limitBytes)}.`,
  }
}

const size = (bytes: number): string => prettyBytes(bytes, { binary: true })

function refused(sentence: string): Finding {
  return { code: 'disk-full', name: 'disk', outcome: 'refused', sentence }
}
