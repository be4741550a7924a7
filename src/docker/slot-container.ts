import type Docker from 'dockerode'
import { z } from 'zod'
import type { SlotContainer } from '../release/ports.ts'
import type { Slot } from '../release/slot.ts'
import { ask, statusCodeOf } from './engine.ts'
import { type Project, serviceOf } from './project.ts'

const inspectSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: z.number().int().default(0),
  State: z.object({
    Status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
    StartedAt: z.string(),
  }),
  Config: z.object({ Image: z.string(), Env: z.array(z.string()).nullable() }),
})

/** Docker's zero time: never started. */
const NEVER = '0001-01-01T00:00:00Z'

/** The slot's container, by the labels that compose gives it. Null when there is none. Throws `docker-unreachable`, `aborted`. */
export async function findSlotContainer(
  docker: Docker,
  project: Project,
  slot: Slot,
  signal: AbortSignal,
): Promise<SlotContainer | null> {
  const id = await findId(docker, project, slot, signal)
  if (id === null) return null
  try {
    return described(await ask(signal, (abortSignal) => docker.getContainer(id).inspect({ abortSignal })))
  } catch (cause) {
    // Compose has replaced it since it was listed.
    if (statusCodeOf(cause) === 404) return null
    throw cause
  }
}

/** A killed compose leaves a second container of the service, created and never started: the running one counts, then the newest. */
async function findId(
  docker: Docker,
  project: Project,
  slot: Slot,
  signal: AbortSignal,
): Promise<string | null> {
  const label = [
    `com.docker.compose.project=${project.name}`,
    `com.docker.compose.service=${serviceOf(slot)}`,
    'com.docker.compose.oneoff=False',
  ]
  const found = await ask(signal, (abortSignal) =>
    docker.listContainers({ all: true, filters: { label }, abortSignal }),
  )
  const rank = (container: Docker.ContainerInfo): number => (container.State === 'running' ? 1 : 0)
  const [first] = found.sort((one, other) => rank(other) - rank(one) || other.Created - one.Created)
  return first?.Id ?? null
}

function described(inspected: unknown): SlotContainer {
  const { Id, Name, RestartCount, State, Config } = inspectSchema.parse(inspected)
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    state: State.Status,
    startedAt: State.StartedAt === NEVER ? null : State.StartedAt,
    restarts: RestartCount,
    image: Config.Image,
    release: releaseOf(Config.Env ?? []),
  }
}

function releaseOf(env: readonly string[]): number | null {
  const prefix = 'SWITCHYARD_RELEASE='
  const value = env.find((entry) => entry.startsWith(prefix))?.slice(prefix.length)
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : null
}
