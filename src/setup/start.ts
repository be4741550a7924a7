import { readFile, writeFile } from 'node:fs/promises'
import type Docker from 'dockerode'
import type { Settings } from '../config/settings.ts'
import { ADMIN_FILE } from '../nginx/admin.ts'
import { LIMITS_FILE } from '../nginx/limits.ts'
import { MOVED_FILES } from '../nginx/moved.ts'
import { readEnvFile } from '../state/env-file.ts'
import type { Prefixes } from '../topology/networks.ts'
import type { BaseImages } from './base-images.ts'
import { type ComposeRequest, composeUp, testNginx } from './compose.ts'
import { projectContainers, serviceOf } from './containers.ts'
import { filesBelow, hashOf } from './file-hash.ts'
import { joinRunning } from './networks/join-running.ts'
import { settleProxy } from './networks/settle-proxy.ts'
import type { Paths } from './paths.ts'
import type { Progress } from './progress.ts'
import { NO_IMAGE } from './write-env.ts'

export type StartRequest = {
  docker: Docker
  paths: Paths
  settings: Settings
  prefixes: Prefixes
  base: BaseImages
  progress: Progress
}

const SLOT_SERVICES = [
  { service: 'runtime_primary', imageName: 'PRIMARY_IMAGE' },
  { service: 'runtime_secondary', imageName: 'SECONDARY_IMAGE' },
] as const

/** Docker's words for a container that nothing starts by itself. */
const STOPPED = ['created', 'exited', 'dead']

/**
 * Brings containers to what compose file, settings and nginx/ say now: proxy and director are recreated where compose
 * sees a change; a slot is started only where none runs and a release had put a build there, and never touched else.
 * Answers whether nginx still has to be told of a new configuration.
 */
export async function startContainers(request: StartRequest): Promise<{ nginxIsStale: boolean }> {
  const { docker, paths, prefixes, base, progress } = request
  const applied = await readFile(paths.appliedNginx, 'utf8').catch(() => '')
  await joinRunning(request)
  const { isKept } = await settleProxy(request)
  const wanted = await nginxHash(paths)
  if (applied !== wanted) {
    await progress.step("Test nginx's configuration", (say) => testNginx(docker, paths, base, prefixes, say))
  }
  const before = await runningProxy(request)
  await restoreSlots(request)
  await progress.step('Start the traffic director and the release director', (say) =>
    composeUp(docker, up(request, isKept ? ['director'] : ['director', 'traffic_proxy']), say),
  )
  const isSameProxy = before !== null && before === (await runningProxy(request))
  if (!isSameProxy) await nginxIsApplied(paths)
  return { nginxIsStale: isSameProxy && applied !== wanted }
}

/** Remembers which configuration nginx runs on. */
export async function nginxIsApplied(paths: Paths): Promise<void> {
  await writeFile(paths.appliedNginx, await nginxHash(paths))
}

/** After `down`, or where containers were stopped or removed by hand: the builds that were there come back. */
async function restoreSlots(request: StartRequest): Promise<void> {
  const { docker, paths, settings, progress } = request
  const images = await readEnvFile(paths.envFile)
  const containers = projectContainers(
    await docker.listContainers({ all: true }),
    settings.COMPOSE_PROJECT_NAME,
  )
  const missing = SLOT_SERVICES.filter(({ service, imageName }) => {
    const hasBuild = (images.get(imageName) ?? NO_IMAGE) !== NO_IMAGE
    const container = containers.find((one) => serviceOf(one) === service)
    return hasBuild && (container === undefined || STOPPED.includes(container.State))
  }).map(({ service }) => service)
  if (missing.length === 0) return
  await progress.step('Start the slots with the builds that they had', (say) =>
    composeUp(docker, up(request, missing), say),
  )
}

function up({ paths, settings, base }: StartRequest, services: readonly string[]): ComposeRequest {
  return { paths, tools: base.tools, project: settings.COMPOSE_PROJECT_NAME, services }
}

/** The running proxy, told from a restarted one. */
async function runningProxy({ docker, settings }: StartRequest): Promise<string | null> {
  const containers = projectContainers(await docker.listContainers(), settings.COMPOSE_PROJECT_NAME)
  const proxy = containers.find((container) => serviceOf(container) === 'traffic_proxy')
  if (proxy === undefined) return null
  const { State } = await docker.getContainer(proxy.Id).inspect()
  return `${proxy.Id} ${State.StartedAt}`
}

/** nginx/ without what the engine writes below it; addresses and limits in it count, since they are set-up's. */
async function nginxHash(paths: Paths): Promise<string> {
  const ofSetup = [ADMIN_FILE, LIMITS_FILE, ...Object.values(MOVED_FILES)].map((file) => `live/${file}`)
  const files = (await filesBelow(paths.nginx, '.')).filter(
    (file) => !file.startsWith('live/') || ofSetup.includes(file),
  )
  return hashOf(paths.nginx, files)
}
