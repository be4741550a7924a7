import { realpath } from 'node:fs/promises'
import { EXIT } from '../cli/exit-codes.ts'
import { createScreen } from '../cli/screen.ts'
import { createSession } from '../cli/session.ts'
import type { HostEnvironment } from '../config/host-environment.ts'
import type { Settings } from '../config/settings.ts'
import { type DirectorClient, directorClient } from '../director/client.ts'
import { reloadResultSchema, type SystemStatus, systemStatusSchema } from '../director/protocol.ts'
import { writeNetwork } from '../nginx/network.ts'
import type { DeployRequest } from '../release/release.ts'
import { readEnvFile } from '../state/env-file.ts'
import { getBaseImages } from './base-images.ts'
import { checkRoom } from './check-room.ts'
import { coresOf, withinCores } from './cpu-limits.ts'
import { getDirectorImage, removeOldDirectors } from './director-image.ts'
import { readyDocker } from './docker-ready.ts'
import { showFarewell } from './farewell.ts'
import { ensureFirstRelease } from './first-release.ts'
import type { Host } from './host.ts'
import { type Paths, pathsOf } from './paths.ts'
import type { Progress } from './progress.ts'
import { settingsOf } from './read-settings.ts'
import { tellSlotsBehind } from './slots-behind.ts'
import { nginxIsApplied, startContainers } from './start.ts'
import { linkEnvFile, prepareState } from './state-directory.ts'
import { removeEndedErrands } from './toolbox.ts'
import { underLock } from './under-lock.ts'
import { waitForDirector } from './wait-for-director.ts'
import { waitForLive } from './wait-for-live.ts'
import { writeEnvFile } from './write-env.ts'

const RELOAD_TIMEOUT_MS = 30_000

export type SetupOptions = {
  directory: string
  host: Host
  progress: Progress
  environment: HostEnvironment
  /** The user said `--yes`: nothing is asked. */
  isAgreed: boolean
  /** What the first release is made of, where nothing is live yet. */
  firstSource: DeployRequest['source']
}

/**
 * Brings the whole system up, or to what settings, compose file, nginx/ and director say now. Safe at any time: what is
 * right already stays as it is, and a running slot is never touched. Throws `SetupFailure`.
 */
export async function bringUp(options: SetupOptions): Promise<void> {
  const { host, progress, environment, isAgreed } = options
  const paths = pathsOf(await realpath(options.directory))
  const given = await settingsOf(paths, environment.variables)
  const docker = await readyDocker({ host, progress, logs: paths.logs, isAgreed })
  await removeEndedErrands(docker)
  const cores = await coresOf(docker)
  await checkRoom(given, { docker, cores, ...paths })
  const settings = withinCores(given, cores)
  await prepareState(paths)

  const base = await getBaseImages(docker, settings, await readEnvFile(paths.envFile), progress)
  const project = settings.COMPOSE_PROJECT_NAME
  const director = await getDirectorImage(docker, paths, base, project, progress)
  const locked = await underLock(paths, { user: environment.user, verb: 'set-up' }, async () => {
    await writeEnvFile(paths, settings, { ...base, director })
    await linkEnvFile(paths)
    await writeNetwork(paths.nginxLive, [`${settings.NETWORK_PREFIX}.3`])
    const request = { docker, paths, settings, base, progress }
    const started = await startContainers(request)
    await tellSlotsBehind(request)
    return started
  })
  if ('busy' in locked) {
    progress.note(
      `${locked.busy}, so containers and settings are left as they are. Run the command again after it to apply changes.`,
    )
  }
  await converse(paths, async (client) => {
    const status = await progress.step('Wait for the release director', (say) =>
      waitForDirector(docker, client, project, say),
    )
    if ('result' in locked) {
      if (locked.result.nginxIsStale) await reload(client, paths, progress)
      await removeOldDirectors(docker, project, director)
    }
    await finish(client, options, settings, status)
  })
}

// A unix socket's address may have 107 bytes; relative to the project it is short wherever the project is.
async function converse(paths: Paths, work: (client: DirectorClient) => Promise<void>): Promise<void> {
  process.chdir(paths.directory)
  const client = directorClient('state/run/host/director.sock')
  try {
    await work(client)
  } finally {
    await client.close()
  }
}

async function reload(client: DirectorClient, paths: Paths, progress: Progress): Promise<void> {
  await progress.step(
    'Reload nginx with its changed configuration',
    async () => {
      const { workers } = await client.call(reloadResultSchema, '/v1/reload', {
        method: 'POST',
        signal: AbortSignal.timeout(RELOAD_TIMEOUT_MS),
      })
      await nginxIsApplied(paths)
      return workers
    },
    (workers) => `${workers} workers serve it`,
  )
}

async function finish(
  client: DirectorClient,
  { environment, firstSource, progress }: SetupOptions,
  settings: Settings,
  before: SystemStatus,
): Promise<void> {
  const isTerminal = process.stdout.isTTY === true && !environment.isDumbTerminal
  const screen = createScreen(process.stdout, process.stderr, {
    isTerminal,
    hasColour: isTerminal && environment.hasColour,
  })
  const detach = new AbortController()
  process.once('SIGINT', () => detach.abort())
  const session = createSession(client, {
    user: environment.user,
    screen,
    isJson: false,
    detach: detach.signal,
  })
  if (!(await ensureFirstRelease(session, before, firstSource))) {
    process.exitCode = EXIT.detached
    return
  }
  const status = await waitForLive(() => session.get(systemStatusSchema, '/v1/status'), progress, {
    deadlineMs: settings.HEALTH_DEADLINE_SECONDS * 1_000,
    detach: detach.signal,
  })
  await showFarewell(session, settings, status)
}
