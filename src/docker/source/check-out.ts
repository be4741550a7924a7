import { mkdir } from 'node:fs/promises'
import { ReleaseError } from '../../release/errors.ts'
import { lastLines } from '../command.ts'
import { git, gitOutput, nulSeparated } from '../git.ts'
import type { Project } from '../project.ts'
import { mayBeBuilt } from './kept-out.ts'

/** The director has no git-lfs: what it would fill in stays a pointer, and `lfs.ts` sees to those. */
const WITHOUT_LFS = ['filter.lfs.required=false', 'filter.lfs.smudge=', 'filter.lfs.process=']

/**
 * Writes the files of a commit to `directory`, which it makes: as a checkout has them, whole where the working tree is
 * sparse, and without what `export-ignore` and `export-subst` would do to a package of the source. Answers with their
 * paths. Throws `build-failed` in git's words where they can't be read.
 */
export async function checkOut(
  project: Project,
  revision: string,
  directory: string,
  signal: AbortSignal,
): Promise<string[]> {
  await mkdir(directory, { recursive: true })
  const gitDir = (await gitOutput(project, ['rev-parse', '--absolute-git-dir'], signal))
    .toString('utf8')
    .trim()
  const tree = (await gitOutput(project, ['rev-parse', `${revision}:./`], signal)).toString('utf8').trim()
  const there: Project = {
    ...project,
    directory,
    environment: {
      ...project.environment,
      GIT_DIR: gitDir,
      GIT_WORK_TREE: directory,
      GIT_INDEX_FILE: `${directory}.index`,
    },
  }
  const settings = ['core.sparseCheckout=false', ...WITHOUT_LFS].flatMap((setting) => ['-c', setting])
  await sound(there, [...settings, 'read-tree', tree], signal)
  await sound(there, [...settings, 'checkout-index', '--all', '--force'], signal)
  return nulSeparated(await sound(there, ['ls-files', '-z'], signal)).filter(mayBeBuilt)
}

async function sound(project: Project, args: readonly string[], signal: AbortSignal): Promise<Buffer> {
  const { code, captured, lines } = await git(project, args, signal)
  if (code === 0) return captured
  const said =
    (lines.find((line) => /^(error|fatal): /.test(line)) ?? lastLines(lines, 1)) || `exit code ${code}`
  const reason = `the files to build could not be read: ${said.replace(/\.$/, '')}`
  throw new ReleaseError('build-failed', { reason }, { detail: lastLines(lines, 30) })
}
