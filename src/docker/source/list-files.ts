import { lstat, mkdtemp, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { git, gitOutput, nulSeparated } from '../git.ts'
import type { Project } from '../project.ts'
import { ifMissing } from './if-missing.ts'

/** Submodules in submodules; more than anybody has. */
const MAX_DEPTH = 8

/** A file or symbolic link, by its path relative to the project. */
export type SourceFile = {
  path: string
  bytes: number
  isProgram: boolean
  isTracked: boolean
  isLink: boolean
}

/** What git says is in, and what of it is not there. */
export type Listing = {
  /** By path, sorted. */
  files: SourceFile[]
  /** Submodules that are not checked out. */
  missingSubmodules: string[]
  /** How many files lie outside of a sparse checkout. */
  outsideSparse: number
  /** Files whose names are not UTF-8, as far as they can be shown. */
  unnameable: string[]
  /** Links that lead out of the project. */
  outwardLinks: string[]
}

/**
 * The files of the working tree: what git tracks and what it does not ignore, and likewise of submodules and of repositories
 * inside. Without a repository, .gitignore files count all the same. Throws `internal` with git's words, `aborted`.
 */
export async function listFiles(
  project: Project,
  isWorkTree: boolean,
  signal: AbortSignal,
): Promise<Listing> {
  const listed = isWorkTree ? await listWorkTree(project, 0, signal) : await listDirectory(project, signal)
  const found = await lookedAt(project, listed.names)
  return {
    ...found,
    missingSubmodules: listed.missingSubmodules.sort(),
    outsideSparse: listed.outsideSparse,
  }
}

type Names = {
  /** True for those that git tracks. */
  names: Map<string, boolean>
  missingSubmodules: string[]
  outsideSparse: number
}

async function listWorkTree(project: Project, depth: number, signal: AbortSignal): Promise<Names> {
  const list = async (...args: string[]): Promise<string[]> =>
    nulSeparated(await gitOutput(project, ['ls-files', '-z', ...args], signal))
  const [tracked, untracked] = await Promise.all([
    list('-t', '--cached', '--stage'),
    list('--others', '--exclude-standard'),
  ])
  const names: Names = { names: new Map(), missingSubmodules: [], outsideSparse: 0 }
  for (const line of tracked) {
    // `H 100644 HASH 0\tPATH`; S: outside of a sparse checkout. 160000: a submodule.
    const [, tag, mode, path] = /^(\S) (\d+) \S+ \d\t(.*)$/s.exec(line) ?? []
    if (path === undefined) continue
    if (mode === '160000') await addInner(project, path, names, depth, signal)
    else if (tag === 'S' && !(await isThere(project, path))) names.outsideSparse += 1
    else names.names.set(path, true)
  }
  for (const path of untracked) {
    // git names a repository inside that it does not track with a slash behind.
    if (path.endsWith('/')) await addInner(project, path.slice(0, -1), names, depth, signal)
    else if (!names.names.has(path)) names.names.set(path, false)
  }
  return names
}

/** The files of a submodule or of another repository inside. */
async function addInner(
  project: Project,
  path: string,
  into: Names,
  depth: number,
  signal: AbortSignal,
): Promise<void> {
  const inner = { ...project, directory: join(project.directory, path) }
  const isRepository =
    (await isThere(inner, '.git')) &&
    (await git(inner, ['rev-parse', '--is-inside-work-tree'], signal)).code === 0
  if (!isRepository || depth >= MAX_DEPTH) {
    into.missingSubmodules.push(path)
    return
  }
  const { names, missingSubmodules, outsideSparse } = await listWorkTree(inner, depth + 1, signal)
  for (const [name, isTracked] of names) into.names.set(`${path}/${name}`, isTracked)
  into.missingSubmodules.push(...missingSubmodules.map((name) => `${path}/${name}`))
  into.outsideSparse += outsideSparse
}

/** Where there is no repository, an empty one elsewhere lends git's reading of the project's .gitignore files. */
async function listDirectory(project: Project, signal: AbortSignal): Promise<Names> {
  const empty = await mkdtemp(join(tmpdir(), 'switchyard-git-'))
  try {
    await gitOutput(project, ['init', '--quiet', '--bare', empty], signal)
    const elsewhere = ['--git-dir', empty, '--work-tree', project.directory]
    const listed = nulSeparated(
      await gitOutput(project, [...elsewhere, 'ls-files', '--others', '--exclude-standard', '-z'], signal),
    )
    const into: Names = { names: new Map(), missingSubmodules: [], outsideSparse: 0 }
    for (const path of listed) {
      if (path.endsWith('/')) await addInner(project, path.slice(0, -1), into, 0, signal)
      else into.names.set(path, false)
    }
    return into
  } finally {
    await rm(empty, { recursive: true, force: true })
  }
}

/** A deleted file that git still tracks is listed too. */
async function lookedAt(
  { directory }: Project,
  names: ReadonlyMap<string, boolean>,
): Promise<Pick<Listing, 'files' | 'unnameable' | 'outwardLinks'>> {
  const files: SourceFile[] = []
  const unnameable: string[] = []
  const outwardLinks: string[] = []
  for (const [path, isTracked] of names) {
    const stats = await lstat(join(directory, path)).catch(ifMissing)
    if (stats === null && path.includes('\ufffd')) unnameable.push(path)
    if (stats === null || !(stats.isFile() || stats.isSymbolicLink())) continue
    const isLink = stats.isSymbolicLink()
    if (isLink && leadsOut(path, await readlink(join(directory, path)))) outwardLinks.push(path)
    files.push({ path, bytes: stats.size, isProgram: (stats.mode & 0o111) !== 0, isTracked, isLink })
  }
  const byPath = (one: SourceFile, other: SourceFile): number => (one.path < other.path ? -1 : 1)
  return { files: files.sort(byPath), unnameable: unnameable.sort(), outwardLinks: outwardLinks.sort() }
}

function leadsOut(path: string, target: string): boolean {
  return posix.isAbsolute(target) || posix.join(posix.dirname(path), target).startsWith('..')
}

async function isThere({ directory }: Project, path: string): Promise<boolean> {
  return (await lstat(join(directory, path)).catch(ifMissing)) !== null
}
