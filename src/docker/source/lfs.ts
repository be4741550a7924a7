import { copyFile, lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { git, gitOutput, nulSeparated } from '../git.ts'
import type { Project } from '../project.ts'
import { ifMissing } from './if-missing.ts'

/** https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer */
const POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:.*\n)?oid sha256:([0-9a-f]{64})\n/s
const SPEC = 'version https://git-lfs.github.com/spec/v1'
/** Longer files are no pointers. */
const MAX_POINTER_BYTES = 1_024

/** The files of git-lfs below `project` that are pointers only, where their content was never fetched. */
export async function lfsPointers(project: Project, signal: AbortSignal): Promise<string[]> {
  const found = await Promise.all(
    (await lfsPaths(project, signal)).map(async (path) =>
      (await pointerIn(join(project.directory, path))) === null ? [] : [path],
    ),
  )
  return found.flat()
}

/** The same of a commit, from which nothing is checked out yet. */
export async function lfsPointersOf(
  project: Project,
  commit: string,
  signal: AbortSignal,
): Promise<string[]> {
  const attributes = [':(glob)**/.gitattributes']
  const uses = await git(project, ['grep', '--quiet', 'filter=lfs', commit, '--', ...attributes], signal)
  if (uses.code !== 0) return []
  const { captured } = await git(project, ['grep', '-l', '-z', '--fixed-strings', SPEC, commit], signal)
  const objects = await objectsOf(project, signal)
  const found: string[] = []
  for (const name of nulSeparated(captured)) {
    const path = name.slice(commit.length + 1)
    const { captured: text } = await git(project, ['show', `${commit}:./${path}`], signal)
    const hash = text.length > MAX_POINTER_BYTES ? null : hashIn(text.toString('utf8'))
    if (hash !== null && !(await isThere(contentIn(objects, hash)))) found.push(path)
  }
  return found
}

/** Puts the content in place of each pointer in `checkout` that `repository` has it of: git-lfs keeps it beside the objects. */
export async function fillInLfs(repository: Project, checkout: Project, signal: AbortSignal): Promise<void> {
  const paths = await lfsPaths(checkout, signal)
  if (paths.length === 0) return
  const objects = await objectsOf(repository, signal)
  for (const path of paths) {
    const file = join(checkout.directory, path)
    const hash = await pointerIn(file)
    if (hash === null) continue
    await copyFile(contentIn(objects, hash), file).catch(ifMissing)
  }
}

/** Where git-lfs keeps what it has fetched. */
async function objectsOf(repository: Project, signal: AbortSignal): Promise<string> {
  const args = ['rev-parse', '--path-format=absolute', '--git-common-dir']
  return join((await gitOutput(repository, args, signal)).toString('utf8').trim(), 'lfs/objects')
}

const isThere = async (path: string): Promise<boolean> => (await lstat(path).catch(ifMissing)) !== null

const contentIn = (objects: string, hash: string): string =>
  join(objects, hash.slice(0, 2), hash.slice(2, 4), hash)

async function lfsPaths(project: Project, signal: AbortSignal): Promise<string[]> {
  const { code, captured } = await git(project, ['ls-files', '-z', '--', ':(attr:filter=lfs)'], signal)
  return code === 0 ? nulSeparated(captured) : []
}

/** The hash of the content that a pointer stands for; null for what is no pointer. */
async function pointerIn(path: string): Promise<string | null> {
  const file = await open(path).catch(ifMissing)
  if (file === null) return null
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_POINTER_BYTES), 0, MAX_POINTER_BYTES, 0)
    return hashIn(buffer.toString('utf8', 0, bytesRead))
  } finally {
    await file.close()
  }
}

const hashIn = (text: string): string | null => POINTER.exec(text)?.[1] ?? null
