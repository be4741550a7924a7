import { readSettings, type Settings } from '../config/settings.ts'
import { readEnvFile } from '../state/env-file.ts'
import { SettingsRefusal } from './failure.ts'
import type { Paths } from './paths.ts'

/** The project as which this clone was brought up last, whatever the settings say now; null before the first time. */
export async function appliedProject(paths: Paths): Promise<string | null> {
  return (await readEnvFile(paths.envFile)).get('COMPOSE_PROJECT_NAME') ?? null
}

/** The settings of this clone. Throws one `SettingsRefusal` that names every one that is wrong. */
export async function settingsOf(
  paths: Paths,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Settings> {
  const result = readSettings(await readEnvFile(paths.userSettings), environment)
  if (result.ok) return result.settings
  throw new SettingsRefusal(
    `These settings can't be used:\n${result.problems.join('\n')}`,
    'Correct them in switchyard.env or in the environment, then run the command again.',
  )
}
