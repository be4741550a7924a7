import { basename, join } from 'node:path'
import Docker from 'dockerode'
import { bytesOf } from '../config/amount.ts'
import type { DirectorSettings } from '../config/director.ts'
import { dockerAssets } from '../docker/assets.ts'
import { dockerBuilder } from '../docker/build.ts'
import { removeLeftBuilds } from '../docker/building/left-builds.ts'
import { foundationFinding } from '../docker/foundation.ts'
import { type ContainerLogLine, readContainerLog } from '../docker/logs.ts'
import { isMounted } from '../docker/mounts.ts'
import { writeNodeOptions } from '../docker/node-options.ts'
import { composeFindings, diskFinding, dockerFinding, dockerVersion } from '../docker/preflight.ts'
import { describeProject, type Project } from '../docker/project.ts'
import { readRedaction } from '../docker/redact.ts'
import { isSocketReplaced } from '../docker/replaced-socket.ts'
import { followSlotLog } from '../docker/slot-log.ts'
import { runtimeIn, slotVariables } from '../docker/slot-variables.ts'
import { dockerSlots } from '../docker/slots.ts'
import { addressFindings } from '../docker/source/address-findings.ts'
import { nodeFinding } from '../docker/source/node-finding.ts'
import { sourceFindings } from '../docker/source/source-findings.ts'
import { containerStats } from '../docker/stats.ts'
import { dockerStock } from '../docker/stock.ts'
import { slotHealth } from '../health/slot-health.ts'
import { rotateAccessLog } from '../nginx/rotate.ts'
import { nginxTraffic } from '../nginx/traffic.ts'
import { followTrafficLog } from '../nginx/traffic-log.ts'
import { wordsOf } from '../release/messages.ts'
import type {
  Bars,
  EnvFile,
  Freezes,
  Journal,
  KeepMarks,
  RoutingState,
  Slots,
  StartedSlots,
} from '../release/ports.ts'
import { SLOTS, type Slot } from '../release/slot.ts'
import type { Parts } from '../release/steps.ts'
import { envFileHas, mendEnvFile, readEnvFile, updateEnvFile } from '../state/env-file.ts'
import { type PreloadStore, preloadStore } from '../state/preload/store.ts'
import type { StoredLogs } from '../state/release-log.ts'
import type { Reserve } from '../state/reserve.ts'
import { addressOf, NGINX_PORTS } from '../topology/addresses.ts'
import { prefixesOf } from '../topology/networks.ts'
import { preflightOf } from './preflight.ts'
import { redactedHealth } from './redacted-health.ts'
import { reserveFinding } from './reserve-finding.ts'
import { environmentFindings, freshPreload, mendPreloads, runtimesOf } from './runtimes.ts'
import { onSoundFiles } from './sound-files.ts'
import type { ViewOptions } from './view.ts'

/** More than nginx and a slot are waited for together (src/nginx/confirm.ts), which is what decides. */
const MOVE_DEADLINE_MS = 45_000
const ROTATE_DEADLINE_MS = 10_000
const MOUNTS_DEADLINE_MS = 5_000
const REMOVE_BUILDS_DEADLINE_MS = 60_000
const ACCESS_LOG_MAX_BYTES = 64 * 1024 * 1024

export type Wired = Pick<ViewOptions, 'addressOf' | 'usageOf' | 'dockerVersion' | 'trafficLog'> & {
  parts: Parts
  slotLines(
    slot: Slot,
    options: { tail: number; follow: boolean },
    signal: AbortSignal,
  ): Promise<AsyncIterable<string>>
  /** Moves nginx's access log aside when it has grown large. */
  rotateAccessLog(): Promise<boolean>
  /** Whether a container of this project, running or not, was started with the socket directory that both slots had. */
  isSharedSocketMounted(): Promise<boolean>
  /** Ends what a director that was killed left of its build. */
  removeLeftBuilds(): Promise<void>
  /** Sees to it that no slot names a preload that is lost. Answers with those that were. */
  mendPreloads(): Promise<string[]>
  /** Whether Docker was started anew in a way that only a new start of this container can follow. */
  isDockerReplaced(): Promise<boolean>
  close(): Promise<void>
}

/** What the director keeps on the disk. */
export type Durable = {
  stateDir: string
  journal: Journal & { bars: Bars; keepMarks: KeepMarks; freezes: Freezes }
  logs: StoredLogs
  reserve: Reserve
}

/** Joins the engine's ports with Docker, nginx, the slots and the disk. The one place that knows all of them. */
export function wire(settings: DirectorSettings, { stateDir, journal, logs, reserve }: Durable): Wired {
  const docker = new Docker({ socketPath: settings.DOCKER_SOCKET })
  const project = describeProject({
    directory: settings.SWITCHYARD_DIR,
    name: settings.COMPOSE_PROJECT_NAME,
    socketPath: settings.DOCKER_SOCKET,
    environment: settings.toolEnvironment,
  })
  const startedMs = Date.now()
  const slots = dockerSlots({ docker, project })
  const stats = containerStats(docker, (cause) => console.error(`Usage can't be read: ${wordsOf(cause)}.`))
  const accessLog = join(stateDir, 'traffic/access.log')
  const trafficLog = followTrafficLog(accessLog)
  /** What the container in a slot uses now and gives back when it is replaced. */
  const usedBytes = async (slot: Slot, signal: AbortSignal): Promise<number> => {
    const container = await slots.inspect(slot, signal)
    return container?.state === 'running' ? stats.usedBytes(container.id, signal) : 0
  }
  const preloads = preloadStore(join(stateDir, 'preload'), join(import.meta.dirname, '../workload/preload'))
  const parts = partsOf({
    ...{ settings, stateDir, docker, project, slots, journal, logs, reserve, usedBytes, preloads },
  })
  return {
    parts,
    mendPreloads: () => reserve.spendAsync(() => mendPreloads(preloads, parts)),
    addressOf: (slot) =>
      `http://127.0.0.1:${slot === 'primary' ? settings.PRIMARY_PORT : settings.SECONDARY_PORT}`,
    usageOf: async (container) => (container.state === 'running' ? stats.read(container.id) : null),
    dockerVersion: dockerVersion(docker),
    slotLines: (slot, options, signal) => linesOf({ docker, slots, project }, slot, options, signal),
    rotateAccessLog: () =>
      rotateAccessLog(
        { docker, containerFilter: proxyOf(project) },
        accessLog,
        ACCESS_LOG_MAX_BYTES,
        AbortSignal.timeout(ROTATE_DEADLINE_MS),
      ),
    isSharedSocketMounted: () =>
      isMounted(docker, project, join(stateDir, 'run/slots'), AbortSignal.timeout(MOUNTS_DEADLINE_MS)),
    removeLeftBuilds: () =>
      removeLeftBuilds(docker, project.name, AbortSignal.timeout(REMOVE_BUILDS_DEADLINE_MS), startedMs),
    isDockerReplaced: () => isSocketReplaced(settings.DOCKER_SOCKET),
    trafficLog,
    close: async () => {
      stats.close()
      await trafficLog.close()
    },
  }
}

type Joined = Durable & {
  settings: DirectorSettings
  docker: Docker
  project: Project
  slots: Slots
  usedBytes(slot: Slot, signal: AbortSignal): Promise<number>
  preloads: PreloadStore
}

function partsOf({
  settings,
  stateDir,
  docker,
  project,
  slots,
  journal,
  logs,
  reserve,
  usedBytes,
  preloads,
}: Joined): Parts {
  const envFile = join(stateDir, 'deployment_state.env')
  const prefixes = prefixesOf(settings)
  const nginxAt = addressOf(prefixes, 'nginx')
  const nginx = nginxTraffic({
    liveDir: join(settings.SWITCHYARD_DIR, 'nginx/live'),
    publicUrl: new URL(`http://${nginxAt}:${NGINX_PORTS.visitors}`),
    internalUrl: new URL(`http://${nginxAt}:${NGINX_PORTS.admin}`),
    docker,
    containerFilter: proxyOf(project),
  })
  const traffic = { ...nginx, write: (next: RoutingState) => reserve.spendAsync(() => nginx.write(next)) }
  const writtenDown = envFileAt(envFile, reserve)
  const runtimes = runtimesOf(settings.SWITCHYARD_DIR, () =>
    freshPreload(preloads, { journal, envFile: writtenDown }),
  )
  const minFreeBytes = bytesOf(settings.MIN_FREE_DISK)
  const eyes = slotHealth({
    addressOf: (slot) => addressOf(prefixes, slot),
    settings: {
      deadlineMs: settings.HEALTH_DEADLINE_SECONDS * 1_000,
      warmUpPaths: settings.WARM_UP_PATHS.split(',').map((path) => path.trim()),
    },
  })
  return {
    traffic,
    slots: onSoundFiles(slots, {
      mendEnvFile: async () =>
        (await reserve.spendAsync(() => mendEnvFile(envFile))) ? basename(envFile) : null,
      mustBeKept: runtimes.mustBeKept,
      mendPreload: (hash) => reserve.spendAsync(() => preloads.mend(hash)),
      writeOptions: (slot, start) => reserve.spendAsync(() => writeNodeOptions(docker, project, slot, start)),
    }),
    runtimes,
    health: redactedHealth(eyes, () => readRedaction(project)),
    journal,
    bars: journal.bars,
    keepMarks: journal.keepMarks,
    freezes: journal.freezes,
    builder: dockerBuilder({
      docker,
      project,
      nodeImage: settings.NODE_IMAGE,
      buildCpus: settings.BUILD_CPUS,
      buildMemoryBytes: settings.BUILD_MEMORY === '' ? null : bytesOf(settings.BUILD_MEMORY),
      allowedImages: settings.ALLOWED_IMAGES,
      caPath: join(stateDir, 'secrets/ca.pem'),
      bars: journal.bars,
    }),
    assets: dockerAssets({ docker, project }),
    preflight: preflightOf(traffic, {
      docker: (signal) => dockerFinding(docker, signal),
      disk: (signal) => diskFinding(docker, project, minFreeBytes, signal),
      compose: (slot, signal) => composeFindings(project, slot, (within) => usedBytes(slot, within), signal),
      foundation: (source, signal) =>
        foundationFinding({ docker, project, ownSource: join(import.meta.dirname, '..') }, source, signal),
      reserve: () => reserveFinding(reserve),
      addresses: (source, signal) => addressFindings(project, source, signal),
      source: (source, signal) => sourceFindings(project, source, signal),
      node: (source, signal) =>
        nodeFinding({ docker, project, nodeImage: settings.NODE_IMAGE }, source, signal),
      environment: (source) => environmentFindings(project.directory, source),
    }),
    envFile: writtenDown,
    stock: dockerStock({ docker, project, envFile, logs, minFreeBytes }),
    settings: {
      drainCapMs: settings.DRAIN_CAP_SECONDS * 1_000,
      healthDeadlineMs: settings.HEALTH_DEADLINE_SECONDS * 1_000,
      moveDeadlineMs: MOVE_DEADLINE_MS,
      keep: { builds: settings.KEEP_BUILDS, days: settings.KEEP_DAYS },
    },
  }
}

const proxyOf = ({ name }: Project) => ({
  label: [`com.docker.compose.project=${name}`, 'com.docker.compose.service=traffic_proxy'],
})

function envFileAt(path: string, reserve: Reserve): EnvFile {
  return {
    write: async (started, live) => {
      await reserve.spendAsync(() => updateEnvFile(path, valuesOf(started, live)))
    },
    has: (started, live) => envFileHas(path, valuesOf(started, live)),
    runtimes: async () => {
      const values = await readEnvFile(path)
      return SLOTS.map((slot) => runtimeIn(slot, values))
    },
  }
}

function valuesOf(started: StartedSlots, live: Slot): Record<string, string> {
  const values = SLOTS.map((slot) => {
    const start = started[slot]
    return start ? slotVariables(slot, start) : {}
  })
  return Object.assign({ LIVE_SLOT: live }, ...values)
}

async function linesOf(
  { docker, slots, project }: { docker: Docker; slots: Slots; project: Project },
  slot: Slot,
  { tail, follow }: { tail: number; follow: boolean },
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  // Asked first, since what keeps Docker from answering can still be said before there is a stream.
  const container = await slots.inspect(slot, signal)
  const redact = await readRedaction(project)
  if (follow) return shown(followSlotLog(docker, project, slot, tail, signal), redact)
  return shown(container ? await readContainerLog(docker, container.id, tail, signal) : [], redact)
}

async function* shown(
  lines: AsyncIterable<ContainerLogLine> | Iterable<ContainerLogLine>,
  redact: (text: string) => string,
): AsyncIterable<string> {
  for await (const line of lines) yield `${line.at} ${redact(line.text)}`
}
