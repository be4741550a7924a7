import { git, gitOutput } from '../git.ts'
import type { Finding } from '../preflight.ts'
import type { Project } from '../project.ts'
import { inWords, warning } from './finding-words.ts'
import { MOST_PLACES, unseenGitPlaces } from './outside-git.ts'

/** What git keeps where the director does not see it. */
export async function outsideFinding({ directory }: Project): Promise<Finding[]> {
  const unseen = await unseenGitPlaces(directory)
  if (unseen.length === 0) return []
  return [
    warning(
      'repository',
      `Git keeps a part of this project in ${inWords(unseen)}, which the director does not see, so the build may carry no commit, and a ref may be unknown. \`npm run up\` lets the director see up to ${MOST_PLACES} such places; a clone of its own needs none.`,
    ),
  ]
}

/** What git would fetch of a ref as it is needed: the director has nobody's keys, so that may not come. */
export async function partialFindings(
  project: Project,
  ref: string,
  commit: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  const isPartial = await git(project, ['config', '--get-regexp', '^remote\\..*\\.promisor$'], signal)
  if (isPartial.code !== 0) return []
  const list = ['rev-list', '--objects', '--missing=print', `${commit}^{tree}`]
  const objects = (await gitOutput(project, list, signal)).toString('utf8').split('\n')
  const missing = objects.filter((line) => line.startsWith('?')).length
  if (missing === 0) return []
  const files = missing === 1 ? 'one file' : `${missing} files`
  return [
    warning(
      'partial clone',
      `This clone is partial and lacks ${files} of ${ref}, which the director may not be able to fetch: \`git archive ${commit} >/dev/null\` on the host fetches ${missing === 1 ? 'it' : 'them'}.`,
    ),
  ]
}
