import type Docker from 'dockerode'
import { ask } from './engine.ts'
import type { Project } from './project.ts'

/** Whether a container of the project, in whatever state, has `directory` of the host in it. Throws `docker-unreachable`, `aborted`. */
export async function isMounted(
  docker: Docker,
  project: Project,
  directory: string,
  signal: AbortSignal,
): Promise<boolean> {
  const label = [`com.docker.compose.project=${project.name}`]
  const found = await ask(signal, (abortSignal) =>
    docker.listContainers({ all: true, filters: { label }, abortSignal }),
  )
  return found.some(({ Mounts }) => Mounts.some(({ Source }) => Source === directory))
}
