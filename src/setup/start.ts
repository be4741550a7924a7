import { readFile, writeFile } from 'node:fs/promises'
import type Docker from 'dockerode'
import type { Settings } from '../config/settings.ts'
import { serviceOf as serviceName } from '../docker/project.ts'
import { ADMIN_FILE } from '../nginx/admin.ts'
import { LIMITS_FILE } from '../nginx/limits.ts'
import { MOVED_FILES } from '../nginx/moved.ts'
import { SLOTS, type Slot } from '../release/slot.ts'
import { readEnvFile } from '../state/env-file.ts'
import type { Prefixes } from '../topology/networks.ts'
import type { BaseImages } from './base-images.ts'
import { type ComposeRequest, composeUp, testNginx } from './compose.ts'
import { projectContainers, serviceOf } from './containers.ts'
import { SetupFailure } from './failure.ts'
import { filesBelow, hashOf } from './file-hash.ts'
import { joinRunning } from './networks/join-running.ts'
import { settleProxy } from './networks/settle-proxy.ts'
import type { Paths } from './paths.ts'
import type { Progress, Say } from './progress.ts'
import { NO_IMAGE } from './write-env.ts'

export type StartRequest = {
  docker: Docker
  paths: Paths
  settings: Settings
  prefixes: Prefixes
  base: BaseImages
  progress: Progress
}

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

/**
 * After `down`, or where containers were stopped or removed by hand: the builds that were there come back, each by itself. What one
 * lacks, such as a file that a backup left out, keeps neither the other nor the director from visitors. Throws where none can be started.
 */
async function restoreSlots(request: StartRequest): Promise<void> {
  const { docker, paths, settings, progress } = request
  const applied = await readEnvFile(paths.envFile)
  const containers = projectContainers(
    await docker.listContainers({ all: true }),
    settings.COMPOSE_PROJECT_NAME,
  )
  const isDown = (slot: Slot): boolean => {
    const container = containers.find((one) => serviceOf(one) === serviceName(slot))
    return container === undefined || STOPPED.includes(container.State)
  }
  const hasBuild = (slot: Slot): boolean =>
    (applied.get(`${slot.toUpperCase()}_IMAGE`) ?? NO_IMAGE) !== NO_IMAGE
  const missing = SLOTS.filter((slot) => hasBuild(slot) && isDown(slot))
  if (missing.length === 0) return
  const failures = await progress.step('Start the slots with the builds that they had', (say) =>
    startEach(request, missing, say),
  )
  for (const failure of failures) progress.note(failure)
}

/** Answers with what is to be told of those that could not be started. */
async function startEach(request: StartRequest, slots: readonly Slot[], say: Say): Promise<string[]> {
  const failures: { slot: Slot; cause: SetupFailure }[] = []
  for (const slot of slots) {
    try {
      await composeUp(request.docker, up(request, [serviceName(slot)]), say)
    } catch (cause) {
      if (!(cause instanceof SetupFailure)) throw cause
      failures.push({ slot, cause })
    }
  }
  const [first] = failures
  if (first !== undefined && failures.length === SLOTS.length) throw first.cause
  return failures.map(
    ({ slot, cause: { detail, what } }) =>
      `The ${slot} slot could not be started with the build that it had. Mend what stands here, then run the command again: ${detail?.split('\n').at(-1) ?? what}`,
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
