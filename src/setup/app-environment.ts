import { basename, join } from 'node:path'
import { environmentChange, environmentChangeWords } from '../release/environment-change.ts'
import type { EnvValues } from '../state/env-file.ts'
import { valuesIn } from '../state/environment/parse.ts'
import { problemWords, readAppFile } from '../state/environment/read.ts'
import { environmentStore } from '../state/environment/store.ts'
import { SetupFailure } from './failure.ts'
import type { Paths } from './paths.ts'
import type { Progress } from './progress.ts'

/**
 * Looks at app.env and app.build.env before anything is made or started. A first release would be refused by what is wrong
 * in them: throws `SetupFailure` then. Where a release went live, its slots come back with what they ran with, so it is told alone.
 */
export async function checkAppEnvironment(
  { directory }: Pick<Paths, 'directory'>,
  applied: EnvValues,
  progress: Pick<Progress, 'note'>,
): Promise<void> {
  const [run, build] = await Promise.all([
    readAppFile(directory, 'app.env'),
    readAppFile(directory, 'app.build.env'),
  ])
  const words = [run, build].flatMap((file) => problemWords(file) ?? [])
  const live = applied.get('LIVE_SLOT')
  if (words.length > 0 && live === undefined)
    throw new SetupFailure(
      words.join('\n'),
      'Correct it as docs/environment.md describes, then run the command again.',
    )
  if (words.length > 0)
    progress.note(
      `${words.join('\n')}\nReleases are refused until it is corrected; what runs is not concerned.`,
    )
  else if (live !== undefined) await tellChange(directory, live, applied, valuesIn(run), progress)
}

/** A running slot keeps the environment of its release. */
async function tellChange(
  directory: string,
  live: string,
  applied: EnvValues,
  values: ReadonlyMap<string, string>,
  progress: Pick<Progress, 'note'>,
): Promise<void> {
  const path = applied.get(`${live.toUpperCase()}_ENVIRONMENT`)
  if (!path) return
  const before = await environmentStore(join(directory, 'state/environments')).read(basename(path, '.env'))
  const words = before && environmentChangeWords(environmentChange(before, values))
  if (words)
    progress.note(`app.env has changed since the live release began: ${words}. The next release takes it up.`)
}
