import type Docker from 'dockerode'
import { z } from 'zod'
import { ask, statusCodeOf } from '../../docker/engine.ts'
import type { ContainerSight } from '../seen.ts'

const inspectSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  RestartCount: z.number().int().default(0),
  State: z.object({ Status: z.string(), ExitCode: z.number(), Pid: z.number(), StartedAt: z.string() }),
  Config: z.object({ Image: z.string(), Env: z.array(z.string()).nullable() }),
  HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string() }).nullable() }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ IPAddress: z.string() })).nullable(),
  }),
})

/** One container as Docker describes it, or null where it is gone since it was listed. Throws `docker-unreachable`. */
export async function describeContainer(
  docker: Docker,
  id: string,
  signal: AbortSignal,
): Promise<ContainerSight | null> {
  try {
    return described(inspectSchema.parse(await ask(signal, () => docker.getContainer(id).inspect())))
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return null
    throw cause
  }
}

function described(inspected: z.infer<typeof inspectSchema>): ContainerSight {
  const { Id, Name, Image, RestartCount, State, Config, HostConfig, NetworkSettings } = inspected
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    state: State.Status,
    exitCode: State.ExitCode,
    restarts: RestartCount,
    startedAtMs: Date.parse(State.StartedAt),
    processId: State.Pid,
    image: Config.Image,
    imageId: Image,
    release: releaseIn(Config.Env ?? []),
    addresses: new Map(
      Object.entries(NetworkSettings.Networks ?? {}).map(([network, { IPAddress }]) => [network, IPAddress]),
    ),
    restartPolicy: HostConfig.RestartPolicy?.Name || 'no',
  }
}

function releaseIn(environment: readonly string[]): number | null {
  const digits = environment
    .map((entry) => /^SWITCHYARD_RELEASE=(\d+)$/.exec(entry)?.[1])
    .find((found) => found !== undefined)
  return digits === undefined ? null : Number(digits)
}
