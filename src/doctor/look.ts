import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ask } from '../docker/engine.ts'
import { diskFinding } from '../docker/preflight.ts'
import { describeProject } from '../docker/project.ts'
import { readStatus, type Sight } from '../health/read-status.ts'
import { ReleaseError } from '../release/errors.ts'
import { wordsOf } from '../release/messages.ts'
import type { Slot } from '../release/slot.ts'
import type { Container } from '../setup/containers.ts'
import { lookAtLock } from '../state/lock.ts'
import { reserveAt } from '../state/reserve.ts'
import { addressOf, SLOT_PORT } from '../topology/addresses.ts'
import { lookAtAssets } from './look/assets.ts'
import { lookAtCommandLine } from './look/command-line.ts'
import { DIRECTOR_SOCKET, lookAtDirector } from './look/director.ts'
import { lookAtDocker } from './look/docker.ts'
import { lookAtEnvFile } from './look/env-file.ts'
import { lookAtFiles } from './look/files.ts'
import { lookAtJournal } from './look/journal.ts'
import { lookAtNginx } from './look/nginx.ts'
import { lookAtRouting } from './look/routing.ts'
import { lookAtStartFiles } from './look/start-files.ts'
import { directorOf, systemOf } from './look/system.ts'
import type { Place } from './place.ts'
import type { Seen, System } from './seen.ts'

const LOOK_WITHIN_MS = 60_000
const PROBE_WITHIN_MS = 3_000
const LOOKS = 4
const PAUSE_MS = 700

/**
 * Looks at everything once; null where nothing was ever set up in this clone. Changes nothing.
 * Without `asksCompose` nothing is known of what compose would make anew. A look during which something moved would see two halves that never belonged together: it is taken again.
 */
export async function lookAround(place: Place, { asksCompose = true } = {}): Promise<Seen | null> {
  for (let look = 1; ; look++) {
    const seen = await lookOnce(place, asksCompose)
    if (seen === null || look === LOOKS) return seen
    const after = await lookAtLock(join(place.paths.state, 'deploy.lock'))
    const routing = await lookAtRouting(place.paths.nginxLive, seen.system.prefixes)
    const isSteady = !seen.lock.isHeld && !after.isHeld && routing.highest === seen.routing.highest
    if (isSteady || (seen.lock.isHeld && after.isHeld && !isBrief(seen))) return seen
    await pause(PAUSE_MS)
  }
}

/** The director holds the lock for a moment where it settles something. */
const isBrief = ({ lock }: Seen): boolean => lock.written === null || lock.written.verb === 'recovery'

async function lookOnce(place: Place, asksCompose: boolean): Promise<Seen | null> {
  const { paths, docker } = place
  const signal = AbortSignal.timeout(LOOK_WITHIN_MS)
  const lock = await lookAtLock(join(paths.state, 'deploy.lock'))
  const envFile = await lookAtEnvFile(paths)
  const listed = await listContainers(place, signal)
  const containers = 'reason' in listed ? [] : listed.containers
  const director = directorOf(paths.directory, containers)
  const environment = director === null ? [] : await environmentOf(place, director.Id, signal)
  const system = systemOf(paths.directory, envFile, containers, environment)
  if (system === null) return null
  const journal = lookAtJournal(join(paths.state, 'journal.db'))
  const [routing, files, assets, startFiles, commandLine, directorSight, primary, secondary] =
    await Promise.all([
      lookAtRouting(paths.nginxLive, system.prefixes),
      lookAtFiles(paths.directory),
      lookAtAssets(join(paths.state, 'assets'), journal),
      lookAtStartFiles(paths.state, journal),
      lookAtCommandLine(paths, place.commandPrefix),
      lookAtDirector(DIRECTOR_SOCKET),
      probe(system, 'primary', signal),
      probe(system, 'secondary', signal),
    ])
  const seenDocker: Seen['docker'] =
    'reason' in listed
      ? { kind: 'unreachable', reason: listed.reason }
      : await lookAtDocker(place, { system, containers, envFile, journal, asksCompose }, signal)
  const proxies = seenDocker.kind === 'seen' ? seenDocker.services.traffic_proxy : []
  const proxy = proxies.find(({ state }) => state === 'running') ?? null
  return {
    system,
    lock,
    journal,
    routing,
    envFile,
    files,
    docker: seenDocker,
    nginx: await lookAtNginx({ docker, liveDir: paths.nginxLive }, system, proxy, signal),
    slots: { primary, secondary },
    director: directorSight,
    assets,
    startFiles,
    commandLine,
    fullDisk: await fullDisk(place, system, signal),
    reserve: reserveAt(join(paths.state, 'reserve')).left(),
  }
}

async function listContainers(
  { docker }: Place,
  signal: AbortSignal,
): Promise<{ containers: readonly Container[] } | { reason: string }> {
  try {
    return { containers: await ask(signal, () => docker.listContainers({ all: true })) }
  } catch (cause) {
    const reason = cause instanceof ReleaseError ? cause.facts.reason : undefined
    return { reason: reason ?? wordsOf(cause) }
  }
}

async function environmentOf({ docker }: Place, id: string, signal: AbortSignal): Promise<readonly string[]> {
  const { Config } = await ask(signal, () => docker.getContainer(id).inspect())
  return Config.Env ?? []
}

/** Where the containers' network is not on this host, a request would leave it for whoever has that address elsewhere. */
async function probe({ prefixes }: System, slot: Slot, signal: AbortSignal): Promise<Sight> {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  if (!addresses.some(({ address }) => address === `${prefixes[slot]}.1`)) {
    return { kind: 'unreachable', reason: 'its network is not on this host', cause: null }
  }
  const where = { port: SLOT_PORT, probeTimeoutMs: PROBE_WITHIN_MS }
  return readStatus(slot, { ...where, addressOf: (asked) => addressOf(prefixes, asked) }, signal)
}

async function fullDisk(
  { docker, paths }: Place,
  { project, minFreeBytes }: System,
  signal: AbortSignal,
): Promise<string | null> {
  const described = describeProject({
    directory: paths.directory,
    name: project,
    socketPath: '/var/run/docker.sock',
    environment: {},
  })
  const { outcome, sentence } = await diskFinding(docker, described, minFreeBytes, signal)
  return outcome === 'refused' ? sentence : null
}
