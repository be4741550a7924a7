import { join } from 'node:path'
import type Docker from 'dockerode'
import { CommandFailure } from '../../docker/command.ts'
import { reasonOf } from '../../release/errors.ts'
import { addressOf, NGINX_PORTS } from '../../topology/addresses.ts'
import type { Prefixes } from '../../topology/networks.ts'
import { startLastingErrand } from '../lasting-errand.ts'

const SCRIPT = 'keep-connections.pl'
const READY_WITHIN_MS = 10_000
const WORKER = 'nginx: worker process'

/** Where its script lies, with what it runs, and the nginx that it is for. */
export type Kept = { docker: Docker; directory: string; tools: string; proxyId: string; prefixes: Prefixes }

/**
 * Begins to keep visitors' connections over the reload that comes: nginx closes those that lie idle, also where a request
 * is on its way. What keeps them goes on for a minute or so by itself. Answers why it can't, as the end of a sentence; then a reload
 * loses what it always did, a few requests at a thousand a second.
 */
export async function keepConnections({
  docker,
  directory,
  tools,
  proxyId,
  prefixes,
}: Kept): Promise<string | null> {
  try {
    const workers = await workersOf(docker, proxyId)
    const address = addressOf(prefixes, 'nginx')
    const scripts = join(directory, 'scripts')
    await startLastingErrand(
      docker,
      {
        image: tools,
        argv: ['perl', join('/scripts', SCRIPT), address, String(NGINX_PORTS.visitors), ...workers],
        binds: [`${scripts}:/scripts:ro`],
        network: 'host',
        watchesHost: true,
        timeoutMs: READY_WITHIN_MS,
      },
      'ready',
    )
    return null
  } catch (cause) {
    return (cause instanceof CommandFailure ? cause.lines.at(-1) : undefined) ?? reasonOf(cause)
  }
}

/** By the host's numbers. One that is shutting down says so in its title. */
async function workersOf(docker: Docker, proxyId: string): Promise<string[]> {
  const { Processes } = await docker.getContainer(proxyId).top({ ps_args: '-eo pid,args' })
  const serving = Processes.filter((columns: string[]) => columns.at(-1) === WORKER)
  const workers = serving.map((columns: string[]) => columns[0] ?? '')
  if (workers.length === 0) throw new Error('nginx has no workers that serve')
  return workers
}
