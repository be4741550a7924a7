import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { git, nulSeparated } from './git.ts'
import { COMPOSE_FILE, type Project } from './project.ts'

/** The rooms of src/ that the director's image is made from: what the director runs, and the command line that it keeps. */
const DIRECTOR_ROOMS = [
  ...['director', 'docker', 'nginx', 'health', 'state', 'release', 'config', 'topology', 'workload/preload'],
  ...['cli', 'doctor', 'setup', 'words'],
]

/** Content by path, hashed as git does, so that a commit's files need not be read. */
export type Hashes = ReadonlyMap<string, string>

/** What a release does not touch; paths are relative to `nginx/` and to `src/`. */
export type Foundation = { nginx: Hashes; director: Hashes; compose: string | undefined }

/** The files on disk below the project directory. */
export async function foundationOnDisk({ directory }: Project): Promise<Foundation> {
  return {
    nginx: await hashesBelow(join(directory, 'nginx'), isOfNginx),
    director: await directorFiles(join(directory, 'src')),
    compose: await hashFile(join(directory, COMPOSE_FILE)),
  }
}

/** The same of one commit. */
export async function foundationOfCommit(
  project: Project,
  revision: string,
  signal: AbortSignal,
): Promise<Foundation> {
  const { captured } = await git(
    project,
    ['ls-tree', '-r', '-z', revision, '--', 'src', 'nginx', COMPOSE_FILE],
    signal,
  )
  const files = new Map(nulSeparated(captured).flatMap(pathAndHash))
  const below = (directory: string, wanted: (path: string) => boolean): Hashes =>
    new Map(
      [...files]
        .filter(([path]) => path.startsWith(`${directory}/`))
        .map(([path, hash]) => [path.slice(directory.length + 1), hash] as const)
        .filter(([path]) => wanted(path)),
    )
  return {
    nginx: below('nginx', isOfNginx),
    director: below('src', isOfDirector),
    compose: files.get(COMPOSE_FILE),
  }
}

/** The director's own files below a `src/`. */
export function directorFiles(sourceDirectory: string): Promise<Hashes> {
  return hashesBelow(sourceDirectory, isOfDirector)
}

export function differ(one: Hashes, other: Hashes): boolean {
  return one.size !== other.size || [...one].some(([path, hash]) => other.get(path) !== hash)
}

const isOfNginx = (path: string): boolean => !path.startsWith('live/')

const isOfDirector = (path: string): boolean =>
  DIRECTOR_ROOMS.some((room) => path.startsWith(`${room}/`)) && !path.endsWith('.test.ts')

async function hashesBelow(directory: string, wanted: (path: string) => boolean): Promise<Hashes> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter(wanted)
  const hashed = paths.map(async (path) => [path, (await hashFile(join(directory, path))) ?? ''] as const)
  return new Map(await Promise.all(hashed))
}

async function hashFile(path: string): Promise<string | undefined> {
  const content = await readFile(path).catch(() => null)
  return content
    ? createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
    : undefined
}

/** `100644 blob HASH\tPATH`, as `git ls-tree` writes it. */
function pathAndHash(line: string): (readonly [string, string])[] {
  const [meta = '', path] = line.split('\t')
  const hash = meta.split(' ')[2]
  return path === undefined || hash === undefined ? [] : [[path, hash] as const]
}
