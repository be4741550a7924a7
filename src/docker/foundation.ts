import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import type { Source } from '../release/release.ts'
import { ask } from './engine.ts'
import { differ, directorFiles, foundationOfCommit, foundationOnDisk } from './foundation-files.ts'
import { resolveRef } from './git.ts'
import { composeOutput, type Finding } from './preflight.ts'
import type { Project } from './project.ts'

const PARTS = ['nginx/', 'the compose file', 'the director'] as const

type Part = (typeof PARTS)[number]

export type FoundationOptions = {
  docker: Docker
  project: Project
  /** `src/` of the director that runs: what it was built from. */
  ownSource: string
}

/**
 * A warning where `source` differs from what runs in a part that a release does not touch: nginx's configuration,
 * the compose file's other services, the director. Null where it does not, and for sources that carry no such files.
 */
export async function foundationFinding(
  options: FoundationOptions,
  source: Source,
  signal: AbortSignal,
): Promise<Finding | null> {
  if (source.kind !== 'tree' && source.kind !== 'ref') return null
  const changed =
    source.kind === 'tree'
      ? await changedInTree(options, signal)
      : await changedInRef(options, source.ref, signal)
  const parts = PARTS.filter((part) => changed.has(part))
  if (parts.length === 0) return null
  const apply =
    source.kind === 'tree'
      ? 'run `npm run up` to apply it'
      : 'check the ref out and run `npm run up` to apply it'
  return {
    name: 'foundation',
    outcome: 'warning',
    sentence: `The source changes ${inWords(parts)}, which a release does not touch: ${apply}.`,
  }
}

async function changedInTree(
  { docker, project, ownSource }: FoundationOptions,
  signal: AbortSignal,
): Promise<Set<Part>> {
  const changed = new Set<Part>()
  const onDisk = await foundationOnDisk(project)
  if (differ(await directorFiles(ownSource), onDisk.director)) changed.add('the director')
  const running = await runningServices(docker, project, signal)
  if (await isComposeChanged(project, running, signal)) changed.add('the compose file')
  if (await isNginxChanged(project, running, [...onDisk.nginx.keys()])) changed.add('nginx/')
  return changed
}

async function changedInRef(
  { project, ownSource }: FoundationOptions,
  ref: string,
  signal: AbortSignal,
): Promise<Set<Part>> {
  const changed = new Set<Part>()
  const revision = await resolveRef(project, ref, signal)
  if (revision === null) return changed
  const theirs = await foundationOfCommit(project, revision, signal)
  const onDisk = await foundationOnDisk(project)
  if (differ(await directorFiles(ownSource), theirs.director)) changed.add('the director')
  if (theirs.compose !== onDisk.compose) changed.add('the compose file')
  if (differ(onDisk.nginx, theirs.nginx)) changed.add('nginx/')
  return changed
}

type Running = { service: string; configHash: string; startedMs: number }

/** nginx and the director, the services that a release never recreates. */
async function runningServices(docker: Docker, project: Project, signal: AbortSignal): Promise<Running[]> {
  const label = [`com.docker.compose.project=${project.name}`]
  const found = await ask(signal, (abortSignal) =>
    docker.listContainers({ all: true, filters: { label }, abortSignal }),
  )
  const described = found.map(async ({ Id, Labels, Created }): Promise<Running[]> => {
    const service = Labels['com.docker.compose.service']
    const configHash = Labels['com.docker.compose.config-hash']
    if (service !== 'traffic_proxy' && service !== 'director') return []
    const { State } = await ask(signal, (abortSignal) => docker.getContainer(Id).inspect({ abortSignal }))
    // A container that never started says that it did in the year 1.
    const startedMs = Math.max(Created * 1000, Date.parse(State.StartedAt))
    return configHash === undefined ? [] : [{ service, configHash, startedMs }]
  })
  return (await Promise.all(described)).flat()
}

/** By the hash with which compose itself decides whether a service is to be recreated. */
async function isComposeChanged(
  project: Project,
  running: readonly Running[],
  signal: AbortSignal,
): Promise<boolean> {
  if (running.length === 0) return false
  const services = running.map(({ service }) => service).join(',')
  const text = await composeOutput(project, ['config', '--hash', services], signal).catch(() => '')
  const wanted = new Map(text.split('\n').map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']))
  return running.some(({ service, configHash }) => wanted.has(service) && wanted.get(service) !== configHash)
}

/** Newer than nginx's start and than the last reload, which leaves its number in a file. */
async function isNginxChanged(
  project: Project,
  running: readonly Running[],
  paths: readonly string[],
): Promise<boolean> {
  const startedMs = running.find(({ service }) => service === 'traffic_proxy')?.startedMs
  if (startedMs === undefined) return false
  const modifiedMs = (path: string): Promise<number> =>
    stat(join(project.directory, 'nginx', path)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    )
  const appliedMs = Math.max(startedMs, await modifiedMs('live/reload.conf'))
  const changes = await Promise.all(paths.map(modifiedMs))
  return changes.some((mtimeMs) => mtimeMs > appliedMs)
}

function inWords(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
