import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ifMissing } from './if-missing.ts'

/** How many such places the compose file can show the director. */
export const MOST_PLACES = 3
/** As git follows them. */
const MOST_ALTERNATES = 5
/** Submodules in submodules, each with some directories in its name. */
const MAX_DEPTH = 24

/**
 * The directories outside of the project in which git keeps what belongs to it, as git names them: of a worktree, of a
 * submodule or with `--separate-git-dir` the repository, of a clone with `--shared` or `--reference` the objects that it
 * borrows. They need not be there. Files are read and git is not asked, since a host need not have it.
 */
export async function gitPlacesOutside(directory: string): Promise<string[]> {
  const gitDir = await gitDirIn(directory)
  if (gitDir === null) return []
  const common = resolve(gitDir, (await firstLine(join(gitDir, 'commondir'))) ?? '.')
  const repositories = new Set([common, gitDir])
  for (const one of [common, gitDir]) await addModules(join(one, 'modules'), repositories, 0)
  const borrowed = new Set<string>()
  for (const one of repositories) await addAlternates(join(one, 'objects'), borrowed, 0)
  const outside = [...repositories, ...borrowed].filter((path) => !isWithin(path, directory))
  return outside
    .filter((path, index) => !outside.some((other, at) => at !== index && isWithin(path, other)))
    .sort()
}

/**
 * Those of them that are there, that look like git's, and that the compose file can show the director: a colon would end the path
 * for Docker, and no env file holds a quote. Whoever writes to a repository that others borrow from names what they like.
 */
export async function seenGitPlaces(directory: string): Promise<string[]> {
  const { seen } = await parted(directory)
  const areGits = await Promise.all(seen.map(isGits))
  return seen.filter((path, index) => areGits[index] && !/[:'\r\n]/.test(path)).slice(0, MOST_PLACES)
}

/** Those of them that can't be seen from here. */
export async function unseenGitPlaces(directory: string): Promise<string[]> {
  return (await parted(directory)).unseen
}

async function parted(directory: string): Promise<{ seen: string[]; unseen: string[] }> {
  const places = await gitPlacesOutside(directory)
  const areThere = await Promise.all(places.map(isDirectory))
  return {
    seen: places.filter((_, index) => areThere[index]),
    unseen: places.filter((_, index) => !areThere[index]),
  }
}

/** The directory that `.git` is, leads to or names; null where there is none. */
async function gitDirIn(directory: string): Promise<string | null> {
  const path = join(directory, '.git')
  const stats = await lstat(path).catch(ifMissing)
  if (stats === null) return null
  if (stats.isSymbolicLink()) return resolve(directory, await readlink(path))
  if (stats.isDirectory()) return path
  const [, named] = /^gitdir: (.+)$/.exec((await firstLine(path)) ?? '') ?? []
  return named === undefined ? null : resolve(directory, named)
}

/** The repositories of submodules, which have the paths of these as their names. */
async function addModules(place: string, into: Set<string>, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) return
  const entries = (await readdir(place, { withFileTypes: true }).catch(ifMissing)) ?? []
  for (const entry of entries.filter((one) => one.isDirectory())) {
    const path = join(place, entry.name)
    const isRepository = (await lstat(join(path, 'HEAD')).catch(ifMissing)) !== null
    if (isRepository) into.add(path)
    await addModules(isRepository ? join(path, 'modules') : path, into, depth + 1)
  }
}

async function addAlternates(objects: string, into: Set<string>, depth: number): Promise<void> {
  if (depth > MOST_ALTERNATES) return
  const text = (await readFile(join(objects, 'info/alternates'), 'utf8').catch(ifMissing)) ?? ''
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const path = resolve(objects, line)
    if (into.has(path)) continue
    into.add(path)
    await addAlternates(path, into, depth + 1)
  }
}

async function firstLine(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch(ifMissing)
  return text === null ? null : (text.split(/\r?\n/)[0] ?? null)
}

/** A repository has its HEAD, and a place of objects one of these two directories. */
async function isGits(path: string): Promise<boolean> {
  const marks = await Promise.all(
    ['HEAD', 'pack', 'info'].map((name) => lstat(join(path, name)).catch(() => null)),
  )
  return marks.some((stats) => stats !== null)
}

/** Also for whoever may not look into it. */
const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )

const isWithin = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)
