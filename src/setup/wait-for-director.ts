import type Docker from 'dockerode'
import type { HostClient } from '../director/host-client.ts'
import { type SystemStatus, systemStatusSchema } from '../director/protocol.ts'
import { demultiplexer } from '../docker/demux.ts'
import { projectContainers, serviceOf } from './containers.ts'
import { SetupFailure } from './failure.ts'
import type { Say } from './progress.ts'

const DEADLINE_MS = 90_000
const POLL_EVERY_MS = 250
const ANSWER_TIMEOUT_MS = 20_000

/** Waits until the director answers on the host's socket. Throws `SetupFailure` with the last lines of its container. */
export async function waitForDirector(
  docker: Docker,
  client: HostClient,
  project: string,
  say: Say,
): Promise<SystemStatus> {
  const deadlineMs = performance.now() + DEADLINE_MS
  let latest: unknown = null
  while (performance.now() < deadlineMs) {
    try {
      return await client.call(systemStatusSchema, '/v1/status', {
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
    } catch (cause) {
      latest = cause
      say('waiting for its socket')
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS))
  }
  throw new SetupFailure(
    `The release director did not answer within ${DEADLINE_MS / 1000} s.`,
    'Mend what its last lines say, then run the command again.',
    { cause: latest, detail: await lastLines(docker, project) },
  )
}

async function lastLines(docker: Docker, project: string): Promise<string> {
  const containers = projectContainers(await docker.listContainers({ all: true }), project)
  const director = containers.find((container) => serviceOf(container) === 'director')
  if (director === undefined) return 'There is no container of it.'
  const logs = await docker
    .getContainer(director.Id)
    .logs({ stdout: true, stderr: true, tail: 20, follow: false })
  const lines: string[] = []
  const frames = demultiplexer((_stream, line) => lines.push(line))
  frames.write(logs)
  frames.end()
  return lines.join('\n')
}
