import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'

/** The version of a deploy that names none: `APP_VERSION` of the environment, else of the user's settings at `path`, as they are now. */
export async function appVersionOf(
  environment: Readonly<Record<string, string | undefined>>,
  path: string,
): Promise<string | null> {
  const { APP_VERSION } = parseEnv(await readFile(path, 'utf8').catch(() => ''))
  return environment.APP_VERSION || APP_VERSION || null
}
