import Docker from 'dockerode'
import { z } from 'zod'
import { answers, installDocker, startDocker } from './docker-install.ts'
import { SetupFailure } from './failure.ts'
import type { Host } from './host.ts'
import type { Progress } from './progress.ts'

const SOCKET_PATH = '/var/run/docker.sock'
const ANSWER_TIMEOUT_MS = 10 * 60_000
/** Docker 20.10: the first whose own BuildKit keeps secrets and caches as our builds need them. */
const LEAST_API = [1, 41] as const

const versionSchema = z.object({ Version: z.string(), ApiVersion: z.string(), Os: z.string() })

/** A client of the daemon itself: a `docker` program on this machine may be another one's, or missing. */
export function engineClient(): Docker {
  return new Docker({ socketPath: SOCKET_PATH, timeout: ANSWER_TIMEOUT_MS })
}

/** Answers with a daemon that runs and is new enough, installing and starting it where needed. */
export async function readyDocker(options: {
  host: Host
  progress: Progress
  logs: string
  isAgreed: boolean
}): Promise<Docker> {
  const { host, progress, logs, isAgreed } = options
  const docker = engineClient()
  if (!(await answers(docker))) {
    await installDocker(host, progress, isAgreed)
    if (!(await answers(docker))) {
      await progress.step(
        'Start Docker',
        (say) => startDocker(host, docker, logs, say),
        (log) => (log === null ? null : `no init system here, so dockerd runs on its own; its log is ${log}`),
      )
    }
  }
  const version = versionSchema.parse(await docker.version())
  const [major = 0, minor = 0] = version.ApiVersion.split('.').map(Number)
  if (major < LEAST_API[0] || (major === LEAST_API[0] && minor < LEAST_API[1])) {
    throw new SetupFailure(
      `This machine runs Docker ${version.Version}; 20.10 or newer is needed.`,
      'Upgrade Docker Engine, then run the command again.',
    )
  }
  progress.note(`Docker ${version.Version} answers.`)
  return docker
}
