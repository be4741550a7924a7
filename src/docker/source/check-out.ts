import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../../release/errors.ts'
import { lastLines } from '../command.ts'
import { git, gitOutput, nulSeparated } from '../git.ts'
import type { Project } from '../project.ts'
import { dockerIgnoreIn } from './docker-ignore-file.ts'
import { mayBeBuilt } from './kept-out.ts'
import { fillInLfs } from './lfs.ts'

/** The director has no git-lfs: what it would fill in stays a pointer, and `fillInLfs` sees to those. */
const WITHOUT_LFS = ['filter.lfs.required=false', 'filter.lfs.smudge=', 'filter.lfs.process=']
const MAX_DEPTH = 8

/**
 * Writes the files of a commit and of its submodules to `directory`, which it makes: as a checkout has them, whole where
 * the working tree is sparse, and without what `export-ignore` and `export-subst` would do to a package of the source.
 * Answers with the paths that a build gets. Throws `build-failed` in git's words where they can't be read.
 */
export async function checkOut(
  project: Project,
  revision: string,
  directory: string,
  signal: AbortSignal,
): Promise<string[]> {
  const tree = (await gitOutput(project, ['rev-parse', `${revision}:./`], signal)).toString('utf8').trim()
  const paths = await checkOutInto(project, tree, directory, 0, signal)
  const { leavesOut } = await dockerIgnoreIn(directory)
  return paths.filter((path) => mayBeBuilt(path) && !leavesOut(path))
}

/** Submodules whose commit is not on this machine are left out; `source-findings.ts` has named them. */
async function checkOutInto(
  repository: Project,
  tree: string,
  directory: string,
  depth: number,
  signal: AbortSignal,
): Promise<string[]> {
  await mkdir(directory, { recursive: true })
  const gitDir = await gitDirOf(repository, signal)
  const there: Project = {
    ...repository,
    directory,
    environment: {
      ...repository.environment,
      GIT_DIR: gitDir,
      GIT_WORK_TREE: directory,
      GIT_INDEX_FILE: `${directory}.index`,
    },
  }
  const settings = ['core.sparseCheckout=false', ...WITHOUT_LFS].flatMap((setting) => ['-c', setting])
  await sound(there, [...settings, 'read-tree', tree], signal)
  await sound(there, [...settings, 'checkout-index', '--all', '--force'], signal)
  await fillInLfs(repository, there, signal)
  const entries = nulSeparated(await sound(there, ['ls-files', '-z', '--stage'], signal)).map(entryOf)
  const paths = entries.flatMap(({ mode, path }) => (mode === SUBMODULE ? [] : [path]))
  for (const { mode, hash, path } of entries) {
    if (mode !== SUBMODULE || depth >= MAX_DEPTH) continue
    const inner = { ...repository, directory: join(repository.directory, path) }
    if (!(await hasCommit(inner, hash, signal))) continue
    const below = await checkOutInto(inner, hash, join(directory, path), depth + 1, signal)
    paths.push(...below.map((name) => `${path}/${name}`))
  }
  return paths
}

const SUBMODULE = '160000'

type Entry = { mode: string; hash: string; path: string }

/** `100644 HASH 0\tPATH` */
function entryOf(line: string): Entry {
  const [meta = '', path = ''] = line.split(/\t(.*)/s)
  const [mode = '', hash = ''] = meta.split(' ')
  return { mode, hash, path }
}

/** Whether a submodule is checked out here and has the commit that the project's own commit names. */
export async function hasCommit(inner: Project, hash: string, signal: AbortSignal): Promise<boolean> {
  const isThere = await lstat(join(inner.directory, '.git')).then(
    () => true,
    () => false,
  )
  return isThere && (await git(inner, ['cat-file', '-e', `${hash}^{commit}`], signal)).code === 0
}

async function gitDirOf(repository: Project, signal: AbortSignal): Promise<string> {
  return (await gitOutput(repository, ['rev-parse', '--absolute-git-dir'], signal)).toString('utf8').trim()
}

async function sound(project: Project, args: readonly string[], signal: AbortSignal): Promise<Buffer> {
  const { code, captured, lines } = await git(project, args, signal)
  if (code === 0) return captured
  const said =
    (lines.find((line) => /^(error|fatal): /.test(line)) ?? lastLines(lines, 1)) || `exit code ${code}`
  const reason = `the files to build could not be read: ${said.replace(/\.$/, '')}`
  throw new ReleaseError('build-failed', { reason }, { detail: lastLines(lines, 30) })
}
