import type Docker from 'dockerode'

export type Container = Awaited<ReturnType<Docker['listContainers']>>[number]

export const PROJECT_LABEL = 'com.docker.compose.project'
export const SERVICE_LABEL = 'com.docker.compose.service'
/** The compose file's name for a network. */
export const NETWORK_LABEL = 'com.docker.compose.network'
export const PROJECT_DIRECTORY_LABEL = 'com.docker.compose.project.working_dir'

/** Whether compose made `container` for the project `name`. */
export function isOurs(container: Container, name: string): boolean {
  return container.Labels[PROJECT_LABEL] === name
}

export function projectContainers(containers: readonly Container[], name: string): Container[] {
  return containers.filter((container) => isOurs(container, name))
}

export function projectOf(container: Pick<Container, 'Labels'>): string {
  return container.Labels[PROJECT_LABEL] ?? ''
}

/** Compose's name for what the container runs. */
export function serviceOf(container: Pick<Container, 'Labels'>): string {
  return container.Labels[SERVICE_LABEL] ?? ''
}

export function nameOf(container: Pick<Container, 'Id' | 'Names'>): string {
  return (container.Names[0] ?? container.Id.slice(0, 12)).replace(/^\//, '')
}
