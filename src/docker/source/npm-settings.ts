import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { valuesIn } from '../../state/environment/parse.ts'
import { readAppFile } from '../../state/environment/read.ts'
import type { Project } from '../project.ts'
import { ifMissing } from './if-missing.ts'
import { type SplitNpmrc, splitNpmrc } from './npmrc.ts'
import type { SourceReader } from './source-reader.ts'

/**
 * The `.npmrc` of what is built, taken apart, with the variables of app.build.env; null where there is none. The one that `read`
 * has of the source counts, else the one that lies in the project and that git does not know: tokens are often kept so.
 */
export async function readNpmrc(
  project: Pick<Project, 'directory'>,
  read: SourceReader,
): Promise<SplitNpmrc | null> {
  const text =
    (await read('.npmrc')) ?? (await readFile(join(project.directory, '.npmrc'), 'utf8').catch(ifMissing))
  if (text === null) return null
  const variables = valuesIn(await readAppFile(project.directory, 'app.build.env'))
  return splitNpmrc(text, Object.fromEntries(variables))
}
