import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { throwIfAborted } from '../command.ts'
import { git, gitOutput, resolveRef } from '../git.ts'
import type { Project } from '../project.ts'
import { dockerIgnoreIn } from './docker-ignore-file.ts'
import { mayBeBuilt } from './kept-out.ts'
import { type Listing, listFiles, type SourceFile } from './list-files.ts'

const TREE_HASH_LENGTH = 8
const READ_WHOLE_BYTES = 1024 * 1024

export type ListedTree = {
  /** What is built, sorted by path. */
  files: readonly SourceFile[]
  /** What git has for it and `.dockerignore` leaves out, by path. */
  leftOut: readonly string[]
  listing: Listing
  /** The commit that is checked out; null where the project is no git work tree, or has no commit. */
  revision: string | null
  /** False where the tree is exactly that commit. */
  isChanged: boolean
}

export type Tree = ListedTree & {
  /** Of names, modes and contents; null where the tree is not changed. */
  changedHash: string | null
}

/** The working tree as a build would get it. Throws `internal` with git's words, `build-failed` for a broken `.dockerignore`, `aborted`. */
export async function readTree(project: Project, signal: AbortSignal): Promise<Tree> {
  const tree = await listTree(project, signal)
  return { ...tree, changedHash: tree.isChanged ? await hashFiles(project, tree.files, signal) : null }
}

/** The same without reading any content. */
export async function listTree(project: Project, signal: AbortSignal): Promise<ListedTree> {
  const isWorkTree = (await git(project, ['rev-parse', '--is-inside-work-tree'], signal)).code === 0
  const listing = await listFiles(project, isWorkTree, signal)
  const { leavesOut } = await dockerIgnoreIn(project.directory)
  const able = listing.files.filter(({ path }) => mayBeBuilt(path))
  const revision = isWorkTree ? await resolveRef(project, 'HEAD', signal) : null
  return {
    files: able.filter(({ path }) => !leavesOut(path)),
    leftOut: able.filter(({ path }) => leavesOut(path)).map(({ path }) => path),
    ...{ listing, revision },
    isChanged: revision === null || (await hasChanges(project, signal)),
  }
}

async function hasChanges(project: Project, signal: AbortSignal): Promise<boolean> {
  const status = ['status', '--porcelain', '-z', '--untracked-files=normal', '--', '.']
  return (await gitOutput(project, status, signal)).length > 0
}

async function hashFiles(
  { directory }: Project,
  files: readonly SourceFile[],
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256')
  for (const { path, bytes, isLink, isProgram } of files) {
    throwIfAborted(signal)
    const absolute = join(directory, path)
    hash.update(`${path}\0${isLink ? 'link' : isProgram ? 'program' : 'file'}\0${bytes}\0`)
    if (isLink) hash.update(await readlink(absolute))
    // A stream each took 0.4 s for 500 source files.
    else if (bytes <= READ_WHOLE_BYTES) hash.update(await readFile(absolute, { signal }))
    else for await (const chunk of createReadStream(absolute, { signal })) hash.update(chunk)
  }
  return hash.digest('hex').slice(0, TREE_HASH_LENGTH)
}
