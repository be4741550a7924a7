import { parseEnv } from 'node:util'
import { bytesOf } from '../../config/amount.ts'
import {
  type Container,
  nameOf,
  PROJECT_DIRECTORY_LABEL,
  projectOf,
  serviceOf,
} from '../../setup/containers.ts'
import { MADE_IMAGES } from '../../setup/image-names.ts'
import { prefixesOf } from '../../topology/networks.ts'
import type { EnvFileSight, System } from '../seen.ts'
import { SERVICES } from '../services.ts'

type Named = Pick<Container, 'Id' | 'Names' | 'Labels'>

/** What one clone is called and where it listens: by the env file, and where that lacks it by what the director was started with. */
export function systemOf(
  directory: string,
  envFile: EnvFileSight,
  containers: readonly Named[],
  directorEnvironment: readonly string[],
): System | null {
  const own = containers.filter(({ Labels }) => Labels[PROJECT_DIRECTORY_LABEL] === directory)
  const applied = new Map(Object.entries(parseEnv(directorEnvironment.join('\n'))))
  const file = envFile.kind === 'read' ? envFile.values : new Map<string, string>()
  const value = (name: string): string | undefined => file.get(name) || applied.get(name) || undefined
  const [first] = own
  const project = value('COMPOSE_PROJECT_NAME') ?? (first && projectOf(first))
  if (project === undefined) return null
  return {
    directory,
    project,
    prefixes: prefixesOf({
      NETWORK_PREFIX: value('NETWORK_PREFIX'),
      PRIMARY_NETWORK_PREFIX: value('PRIMARY_NETWORK_PREFIX'),
      SECONDARY_NETWORK_PREFIX: value('SECONDARY_NETWORK_PREFIX'),
    }),
    containerPrefix: file.get('CONTAINER_PREFIX') ?? prefixOf(own),
    httpAddress: value('HTTP_ADDRESS') ?? '0.0.0.0',
    httpPort: Number(value('HTTP_PORT') ?? 80),
    toolsImage: value('TOOLS_IMAGE') ?? MADE_IMAGES.tools,
    healthDeadlineMs: Number(value('HEALTH_DEADLINE_SECONDS') ?? 60) * 1_000,
    minFreeBytes: bytesOf(value('MIN_FREE_DISK') ?? '2g'),
    warmUpPaths: (value('WARM_UP_PATHS') ?? '/').split(',').map((path) => path.trim()),
  }
}

/** The director's container, by which a clone without its env file is known. */
export function directorOf(directory: string, containers: readonly Container[]): Container | null {
  return (
    containers.find(
      (container) =>
        container.Labels[PROJECT_DIRECTORY_LABEL] === directory && serviceOf(container) === 'director',
    ) ?? null
  )
}

function prefixOf(own: readonly Named[]): string {
  const director = own.find((container) => serviceOf(container) === 'director')
  return director === undefined ? '' : nameOf(director).replace(new RegExp(`${SERVICES.director.name}$`), '')
}
