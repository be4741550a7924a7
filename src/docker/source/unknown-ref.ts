import { git, gitOutput, resolveRef } from '../git.ts'
import type { Project } from '../project.ts'
import { unseenGitPlaces } from './outside-git.ts'

/** Why the project may not have a ref that somebody means, with what brings it; null where nothing is known. */
export async function whyUnknown(project: Project, ref: string, signal: AbortSignal): Promise<string | null> {
  const [unseen] = await unseenGitPlaces(project.directory)
  if (unseen !== undefined) {
    return `git keeps a part of this project in ${unseen}, which the director does not see until \`npm run up\` has run`
  }
  const isRepository = await git(project, ['rev-parse', '--is-inside-work-tree'], signal)
  if (isRepository.code !== 0) return 'it is no git repository, so its working tree alone can be built'
  if ((await resolveRef(project, `refs/remotes/origin/${ref}`, signal)) !== null) {
    return `its remote has a branch of that name, which is "origin/${ref}" here`
  }
  if (!(await isShallow(project, signal))) return null
  const count = (await gitOutput(project, ['rev-list', '--count', '--all'], signal)).toString('utf8').trim()
  const commits = count === '1' ? 'the last commit alone' : `the last ${count} commits alone`
  return `this clone is shallow and has ${commits}: \`git remote set-branches origin '*'\` and \`git fetch --unshallow --tags\` on the host get the rest`
}

async function isShallow(project: Project, signal: AbortSignal): Promise<boolean> {
  const { code, captured } = await git(project, ['rev-parse', '--is-shallow-repository'], signal)
  return code === 0 && captured.toString('utf8').trim() === 'true'
}
