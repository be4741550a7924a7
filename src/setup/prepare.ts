import { realpath } from 'node:fs/promises'
import { readEnvFile } from '../state/env-file.ts'
import { getBaseImages } from './base-images.ts'
import { hasImage } from './docker-images.ts'
import { readyDocker } from './docker-ready.ts'
import { MADE_IMAGES } from './image-names.ts'
import { pathsOf } from './paths.ts'
import { settingsOf } from './read-settings.ts'
import type { SetupOptions } from './up.ts'

/**
 * Gets a Docker that runs and the base images, and starts nothing. Each image also gets the name that an equivalent would
 * have, so that what is built on it needs to know one name. Throws `SetupFailure`.
 */
export async function prepare({
  directory,
  host,
  progress,
  environment,
  isAgreed,
}: SetupOptions): Promise<void> {
  const paths = pathsOf(await realpath(directory))
  const settings = await settingsOf(paths, environment.variables)
  const docker = await readyDocker({ host, progress, logs: paths.logs, isAgreed })
  const base = await getBaseImages(docker, settings, await readEnvFile(paths.envFile), progress)
  for (const kind of ['node', 'nginx'] as const) {
    if (await hasImage(docker, MADE_IMAGES[kind])) continue
    const [repo = '', tag = 'latest'] = MADE_IMAGES[kind].split(':')
    await docker.getImage(base[kind]).tag({ repo, tag })
  }
}
