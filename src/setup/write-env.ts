import type { Settings } from '../config/settings.ts'
import { MOST_PLACES, seenGitPlaces } from '../docker/source/outside-git.ts'
import { readEnvFile, updateEnvFile } from '../state/env-file.ts'
import type { Prefixes } from '../topology/networks.ts'
import type { BaseImages } from './base-images.ts'
import type { Paths } from './paths.ts'

/**
 * Stands for a slot's image until a release has written one: compose wants a value for every variable before it does
 * anything, and with this one a plain `docker compose up` stops at "no such image".
 */
export const NO_IMAGE = 'switchyard/none'

/** Writes settings and resolved images for compose; the engine's own lines (images and releases of the slots) stay. */
export async function writeEnvFile(
  paths: Paths,
  settings: Settings,
  prefixes: Prefixes,
  images: BaseImages & { director: string },
): Promise<void> {
  const before = await readEnvFile(paths.envFile)
  // A deploy reads it from where it is set: what it was at the last `npm run up` is nobody's.
  const { APP_VERSION: _, ...applied } = settings
  const given = Object.entries(applied).map(([name, value]) => [name, String(value)] as const)
  await updateEnvFile(paths.envFile, {
    BUILD_CPUS: null,
    BUILD_MEMORY: null,
    SLOT_CPUS: null,
    SLOT_MEMORY: null,
    DIRECTOR_CPUS: null,
    DIRECTOR_MEMORY: null,
    PROXY_CPUS: null,
    PROXY_MEMORY: null,
    ...Object.fromEntries(given.filter(([, value]) => value !== 'undefined')),
    PRIMARY_NETWORK_PREFIX: prefixes.primary,
    SECONDARY_NETWORK_PREFIX: prefixes.secondary,
    SWITCHYARD_DIR: paths.directory,
    ...(await gitOutside(paths.directory)),
    NODE_IMAGE: images.node,
    NGINX_IMAGE: images.nginx,
    TOOLS_IMAGE: images.tools,
    DIRECTOR_IMAGE: images.director,
    PRIMARY_IMAGE: before.get('PRIMARY_IMAGE') ?? NO_IMAGE,
    SECONDARY_IMAGE: before.get('SECONDARY_IMAGE') ?? NO_IMAGE,
  })
}

/** What compose shows the director of git beside the project itself. */
async function gitOutside(directory: string): Promise<Record<string, string | null>> {
  const places = await seenGitPlaces(directory)
  const names = Array.from({ length: MOST_PLACES }, (_, index) => `GIT_OUTSIDE_${index + 1}`)
  return Object.fromEntries(names.map((name, index) => [name, places[index] ?? null]))
}
