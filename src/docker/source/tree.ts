import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdtemp, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { throwIfAborted } from '../command.ts'
import { git, gitOutput, nulSeparated, resolveRef } from '../git.ts'
import type { Project } from '../project.ts'
import { mayBeBuilt } from './kept-out.ts'

const TREE_HASH_LENGTH = 8
const READ_WHOLE_BYTES = 1024 * 1024

export type ListedTree = {
  /** Relative to the project directory, sorted. */
  paths: string[]
  /** The commit that is checked out; null where the project is no git work tree, or has no commit. */
  revision: string | null
  /** False where the tree is exactly that commit. */
  isChanged: boolean
}

export type Tree = ListedTree & {
  /** Of names, modes and contents; null where the tree is not changed. */
  changedHash: string | null
}

/** The working tree as a build would get it. Throws `internal` with git's words, `aborted`. */
export async function readTree(project: Project, signal: AbortSignal): Promise<Tree> {
  const tree = await listTree(project, signal)
  return { ...tree, changedHash: tree.isChanged ? await hashFiles(project, tree.paths, signal) : null }
}

/** The same without reading any content. */
export async function listTree(project: Project, signal: AbortSignal): Promise<ListedTree> {
  const isWorkTree = (await git(project, ['rev-parse', '--is-inside-work-tree'], signal)).code === 0
  const listed = isWorkTree ? await listWorkTree(project, signal) : await listDirectory(project, signal)
  const paths = (await existing(project, listed.filter(mayBeBuilt))).sort()
  const revision = isWorkTree ? await resolveRef(project, 'HEAD', signal) : null
  return { paths, revision, isChanged: revision === null || (await hasChanges(project, signal)) }
}

async function listWorkTree(project: Project, signal: AbortSignal): Promise<string[]> {
  return nulSeparated(
    await gitOutput(project, ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], signal),
  )
}

/** Where there is no repository, an empty one elsewhere lends git's reading of the project's .gitignore files. */
async function listDirectory(project: Project, signal: AbortSignal): Promise<string[]> {
  const empty = await mkdtemp(join(tmpdir(), 'switchyard-git-'))
  try {
    await gitOutput(project, ['init', '--quiet', '--bare', empty], signal)
    const elsewhere = ['--git-dir', empty, '--work-tree', project.directory]
    return nulSeparated(
      await gitOutput(project, [...elsewhere, 'ls-files', '--others', '--exclude-standard', '-z'], signal),
    )
  } finally {
    await rm(empty, { recursive: true, force: true })
  }
}

/** A deleted file that git still tracks is listed too, and so are directories: submodules and nested repositories. */
async function existing({ directory }: Project, paths: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of new Set(paths)) {
    const stats = await lstat(join(directory, path)).catch(ifMissing)
    if (stats?.isFile() || stats?.isSymbolicLink()) found.push(path)
  }
  return found
}

function ifMissing(cause: unknown): null {
  if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
    return null
  throw cause
}

async function hasChanges(project: Project, signal: AbortSignal): Promise<boolean> {
  const status = ['status', '--porcelain', '-z', '--untracked-files=normal', '--', '.']
  return (await gitOutput(project, status, signal)).length > 0
}

async function hashFiles(
  { directory }: Project,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    throwIfAborted(signal)
    const absolute = join(directory, path)
    const stats = await lstat(absolute)
    hash.update(
      `${path}\0${stats.isSymbolicLink() ? 'link' : stats.mode & 0o111 ? 'program' : 'file'}\0${stats.size}\0`,
    )
    if (stats.isSymbolicLink()) hash.update(await readlink(absolute))
    // A stream each took 0.4 s for 500 source files.
    else if (stats.size <= READ_WHOLE_BYTES) hash.update(await readFile(absolute, { signal }))
    else for await (const chunk of createReadStream(absolute, { signal })) hash.update(chunk)
  }
  return hash.digest('hex').slice(0, TREE_HASH_LENGTH)
}
