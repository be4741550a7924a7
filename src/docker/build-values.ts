import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReleaseError } from '../release/errors.ts'
import { valuesIn } from '../state/environment/parse.ts'
import { problemWords, readAppFile } from '../state/environment/read.ts'
import type { Project } from './project.ts'

/** Paths of build secrets, by id. */
export type BuildValues = Readonly<Record<'build_values' | 'build_env', string>>

/**
 * The secrets by which a build gets app.build.env, there while `work` runs: its values as JSON, read by the one reader, so that
 * they are the same as at run time whatever Node the image has (`build_values`); and the file itself, for a Dockerfile of
 * before that (`build_env`). Throws `environment-invalid`.
 */
export async function withBuildValues<T>(
  { directory }: Pick<Project, 'directory'>,
  work: (values: BuildValues) => Promise<T>,
): Promise<T> {
  const read = await readAppFile(directory, 'app.build.env')
  const problem = problemWords(read)
  if (problem !== null) throw new ReleaseError('environment-invalid', { reason: problem })
  // Only its owner may enter.
  const scratch = await mkdtemp(join(tmpdir(), 'switchyard-values-'))
  try {
    const build_values = join(scratch, 'values.json')
    await writeFile(build_values, JSON.stringify(Object.fromEntries(valuesIn(read))), { mode: 0o600 })
    return await work({ build_values, build_env: join(directory, 'app.build.env') })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
