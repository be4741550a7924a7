import { realpath } from 'node:fs/promises'
import type Docker from 'dockerode'
import { EXIT } from '../cli/exit-codes.ts'
import { createScreen } from '../cli/screen.ts'
import { createSession, type Session } from '../cli/session.ts'
import type { HostEnvironment } from '../config/host-environment.ts'
import type { Settings } from '../config/settings.ts'
import { type HostClient, hostClient } from '../director/host-client.ts'
import { reloadResultSchema, type SystemStatus, systemStatusSchema } from '../director/protocol.ts'
import { writeLimits } from '../nginx/limits.ts'
import type { DeployRequest } from '../release/release.ts'
import { readEnvFile } from '../state/env-file.ts'
import type { Prefixes } from '../topology/networks.ts'
import { checkAppEnvironment } from './app-environment.ts'
import { getBaseImages } from './base-images.ts'
import { checkRoom } from './check-room.ts'
import { projectContainers, serviceOf } from './containers.ts'
import { coresOf, withinCores } from './cpu-limits.ts'
import { getDirectorImage, removeOldDirectors } from './director-image.ts'
import { readyDocker } from './docker-ready.ts'
import { showFarewell } from './farewell.ts'
import { ensureFirstRelease, followFirstRelease } from './first-release.ts'
import type { Host } from './host.ts'
import { installHostCommand } from './host-command/install.ts'
import { limitsOf } from './limits.ts'
import { choosePrefixes } from './networks/choose.ts'
import { networksInUse, routedSubnets } from './networks/in-use.ts'
import { type Paths, pathsOf } from './paths.ts'
import type { Progress } from './progress.ts'
import { settingsOf } from './read-settings.ts'
import { type Kept, keepConnections } from './reload/keep-connections.ts'
import { tellSlotsBehind } from './slots-behind.ts'
import { nginxIsApplied, startContainers } from './start.ts'
import { linkEnvFile, prepareState } from './state-directory.ts'
import { removeEndedErrands } from './toolbox.ts'
import { type UnderLock, underLock } from './under-lock.ts'
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
  await checkAppEnvironment(paths, await readEnvFile(paths.envFile), progress)
  const docker = await readyDocker({ host, progress, logs: paths.logs, isAgreed })
  await removeEndedErrands(docker)
  const cores = await coresOf(docker)
  const prefixes = await checkedPrefixes(docker, given, paths, cores)
  const settings = withinCores(given, cores)
  await prepareState(paths)

  const base = await getBaseImages(docker, settings, await readEnvFile(paths.envFile), progress)
  const project = settings.COMPOSE_PROJECT_NAME
  const director = await getDirectorImage(docker, paths, base, project, progress)
  const apply = () =>
    underLock(paths, { user: environment.user, verb: 'set-up' }, async () => {
      await writeEnvFile(paths, settings, prefixes, { ...base, director })
      await linkEnvFile(paths)
      await writeLimits(paths.nginxLive, limitsOf(settings))
      const request = { docker, paths, settings, prefixes, base, progress }
      const started = await startContainers(request)
      await tellSlotsBehind(request)
      return started
    })
  const locked = await pastFirstRelease(paths, options, apply)
  if (locked === 'detached') return
  if ('busy' in locked) {
    progress.note(
      `${locked.busy}, so containers and settings are left as they are. Run the command again after it to apply changes.`,
    )
    process.exitCode = EXIT.busy
    return
  }
  const { nginxIsStale } = locked.result
  await converse(paths, async (client) => {
    const status = await progress.step('Wait for the release director', (say) =>
      waitForDirector(docker, client, project, say),
    )
    if (nginxIsStale)
      await reload(client, paths, progress, {
        docker,
        directory: paths.directory,
        tools: base.tools,
        prefixes,
        project,
      })
    await removeOldDirectors(docker, project, director)
    const hasCommand = await installHostCommand(paths, environment.commandPrefix, progress)
    await withSession(client, options, (session) =>
      finish(session, options, { settings, status, hasCommand }),
    )
  })
}

/** The networks of this clone, once settings, machine and clone are found to go together. Throws `SettingsRefusal`. */
async function checkedPrefixes(
  docker: Docker,
  given: Settings,
  paths: Paths,
  cores: number,
): Promise<Prefixes> {
  const inUse = await networksInUse(docker, given.COMPOSE_PROJECT_NAME)
  const taken = { inUse, routed: await routedSubnets() }
  const prefixes = choosePrefixes(given, await readEnvFile(paths.envFile), taken)
  await checkRoom(given, { docker, cores, prefixes, inUse, ...paths })
  return prefixes
}

/** A first release that an earlier run began and left is followed to its end, and this run goes on as that one would have. */
async function pastFirstRelease<T>(
  paths: Paths,
  options: SetupOptions,
  apply: () => Promise<UnderLock<T>>,
): Promise<UnderLock<T> | 'detached'> {
  const locked = await apply()
  if ('result' in locked) return locked
  const first = await converse(paths, (client) =>
    withSession(client, options, (session) =>
      followFirstRelease(session, { source: options.firstSource, version: null }),
    ),
  )
  if (first === 'ended') return apply()
  if (first === 'none') return locked
  process.exitCode = EXIT.detached
  return first
}

// A unix socket's address may have 107 bytes; relative to the project it is short wherever the project is.
async function converse<T>(paths: Paths, work: (client: HostClient) => Promise<T>): Promise<T> {
  process.chdir(paths.directory)
  const client = hostClient('state/run/host/director.sock')
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

async function reload(
  client: HostClient,
  paths: Paths,
  progress: Progress,
  kept: Omit<Kept, 'proxyId'> & { project: string },
): Promise<void> {
  await progress.step(
    'Reload nginx with its changed configuration',
    async (say) => {
      const refusal = await keepOver(kept)
      if (refusal !== null) say(`Connections can't be kept over it, so some requests may be lost: ${refusal}`)
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

async function keepOver({
  project,
  ...kept
}: Omit<Kept, 'proxyId'> & { project: string }): Promise<string | null> {
  const listed = projectContainers(await kept.docker.listContainers(), project)
  const proxy = listed.find((container) => serviceOf(container) === 'traffic_proxy')
  return proxy === undefined ? 'nginx does not run' : keepConnections({ ...kept, proxyId: proxy.Id })
}

async function finish(
  session: Session,
  { firstSource, progress }: SetupOptions,
  { settings, status: before, hasCommand }: { settings: Settings; status: SystemStatus; hasCommand: boolean },
): Promise<void> {
  const first = { source: firstSource, version: settings.APP_VERSION ?? null }
  if (!(await ensureFirstRelease(session, before, first))) {
    process.exitCode = EXIT.detached
    return
  }
  const status = await waitForLive(() => session.get(systemStatusSchema, '/v1/status'), progress, {
    deadlineMs: settings.HEALTH_DEADLINE_SECONDS * 1_000,
    detach: session.detach,
  })
  await showFarewell(session, settings, { status, hasCommand })
}

/** Runs `work` with a session on this terminal, which Ctrl-C detaches from what it follows. */
async function withSession<T>(
  client: HostClient,
  { environment }: SetupOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const isTerminal = process.stdout.isTTY === true && !environment.isDumbTerminal
  const screen = createScreen(process.stdout, process.stderr, {
    isTerminal,
    hasColour: isTerminal && environment.hasColour,
  })
  const controller = new AbortController()
  const detach = (): void => controller.abort()
  process.once('SIGINT', detach)
  try {
    const { user } = environment
    return await work(
      createSession(client, { user, screen, isJson: false, detach: controller.signal, ask: null }),
    )
  } finally {
    process.off('SIGINT', detach)
  }
}
