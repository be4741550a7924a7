import type Docker from 'dockerode'
import { PROJECT_DIRECTORY_LABEL, projectOf } from '../containers.ts'
import { SetupFailure } from '../failure.ts'
import { runLastingErrand } from '../lasting-errand.ts'
import type { Say } from '../progress.ts'
import { projectBinds } from '../toolbox.ts'

const MAIN = '/opt/switchyard/src/setup/first-start/main.ts'
const TIMEOUT_MS = 5 * 60_000

/**
 * Starts this very image again with the project at the path that it has on the host, which compose has noted on the container
 * `ownId`, and shows what that one says. It ends with this process, since compose makes the director anew; else throws.
 */
export async function handOver(docker: Docker, ownId: string, say: Say): Promise<void> {
  const { Config } = await docker.getContainer(ownId).inspect()
  const directory = Config.Labels[PROJECT_DIRECTORY_LABEL]
  if (directory === undefined) {
    throw new SetupFailure(
      'This container was not started by compose, so nobody knows where the project lies.',
      'Start it with `docker compose -f docker-compose.release.yml up -d`, or run `npm run up`.',
    )
  }
  say(`The project lies in ${directory}; setting it up.`)
  const status = await runLastingErrand(
    docker,
    {
      image: Config.Image,
      argv: ['node', MAIN],
      env: [
        ...Config.Env.filter((line) => !line.startsWith('SWITCHYARD_DIR=')),
        `SWITCHYARD_DIR=${directory}`,
        `COMPOSE_PROJECT_NAME=${projectOf({ Labels: Config.Labels })}`,
        `DIRECTOR_IMAGE=${Config.Image}`,
      ],
      binds: projectBinds(directory),
      cwd: directory,
      timeoutMs: TIMEOUT_MS,
    },
    say,
  )
  throw new SetupFailure(
    `The project could not be set up: that ended with ${status}.`,
    'Mend what stands above; it is tried again.',
  )
}
