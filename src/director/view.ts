import { type Bar, barOn, barWords } from '../release/bar.ts'
import { ReleaseError } from '../release/errors.ts'
import { freezeWords } from '../release/freeze.ts'
import { wordsOf } from '../release/messages.ts'
import { permissionsFor } from '../release/permissions.ts'
import type { RoutingState, SlotContainer, TrafficLog } from '../release/ports.ts'
import type { Release } from '../release/release.ts'
import { otherSlot, type Slot, type SlotRole } from '../release/slot.ts'
import type { Parts } from '../release/steps.ts'
import { readHolder } from '../state/lock.ts'
import { type Holder, PROTOCOL_VERSION, type SlotView, type SystemStatus } from './protocol.ts'
import type { Releases } from './releases.ts'
import { givesWay } from './tidying.ts'
import { trafficOf, trafficView } from './traffic-view.ts'

const LOOK_DEADLINE_MS = 2_500
/** Leaves time to ask the slot itself where Docker hangs. */
const INSPECT_DEADLINE_MS = 1_500

/** Cpu and memory of a slot's container, or null while there is nothing to measure. */
export type Usage = { cpu: NonNullable<SlotView['cpu']>; memory: NonNullable<SlotView['memory']> }

export type ViewOptions = {
  parts: Parts
  releases: Releases
  /** What keeps a release from being settled that is not under way any more. */
  unsettled: string | null
  /** What there is to say of a live slot that is down. */
  failOver: string | null
  lockPath: string
  identity: { project: string; version: string; startedAt: string }
  addressOf(slot: Slot): string
  usageOf(container: SlotContainer): Promise<Usage | null>
  dockerVersion(signal: AbortSignal): Promise<string>
  trafficLog: TrafficLog
}

type Seen = {
  /** `unknown` where Docker can't be asked: then the slot's own answer is all there is. */
  container: SlotContainer | 'unknown' | null
  health: SlotView['health']
  payload: Payload | null
  usage: Usage | null
}
type Payload = Awaited<ReturnType<Parts['health']['probe']>>['payload']

/** Looks at Docker, both slots and nginx at once, and says what is there. Parts that can't be seen say so instead of failing. */
export async function lookAround(options: ViewOptions): Promise<SystemStatus> {
  const { parts, releases, unsettled, lockPath, identity } = options
  const signal = AbortSignal.timeout(LOOK_DEADLINE_MS)
  const [docker, routing, primary, secondary] = await Promise.all([
    lookAtDocker(options, signal),
    lookAtRouting(parts, signal),
    lookAtSlot(options, 'primary', signal),
    lookAtSlot(options, 'secondary', signal),
  ])
  const seen = { primary, secondary }
  const barred = parts.bars.list()
  const freeze = parts.freezes.inForce()
  const running = releases.running()
  const holder = running
    ? { verb: running.verb, release: running.id, actor: running.actor, since: running.createdAt }
    : await otherHolder(lockPath)
  const live = routing.live
  const standbySlot = live === null ? null : otherSlot(live)
  const problem =
    standbySlot === null ? 'Nothing is live yet.' : standbyProblem(parts, standbySlot, seen[standbySlot])
  const roleOf = (slot: Slot): SlotRole => (slot === live ? 'live' : problem === null ? 'standby' : 'idle')
  const view = (slot: Slot): SlotView => {
    const { journal } = parts
    const address = options.addressOf(slot)
    const shown = slotView(slot, roleOf(slot), seen[slot], address, journal.holderOf(slot), barred)
    return { ...shown, traffic: trafficOf(options.trafficLog, slot, startMs(journal, shown.release)) }
  }
  return {
    protocol: PROTOCOL_VERSION,
    now: new Date().toISOString(),
    project: identity.project,
    directorVersion: identity.version,
    directorStartedAt: identity.startedAt,
    routing: { ...routing, problem: unsettled ?? routing.problem ?? liveBarred(parts, live, running) },
    docker,
    slots: { primary: view('primary'), secondary: view('secondary') },
    traffic: trafficView(options.trafficLog),
    running,
    holder,
    liveRelease: parts.journal.newestLive()?.id ?? null,
    last: lastEnded(parts, running),
    live: live && (parts.journal.holderOf(live)?.build ?? null),
    standby: standbySlot && problem === null ? (parts.journal.holderOf(standbySlot)?.build ?? null) : null,
    barred,
    failOver: options.failOver,
    freeze,
    actions: permissionsFor({
      running,
      heldBy: running ? null : (holder?.actor.name ?? null),
      hasLive: live !== null,
      unsettled,
      standbyProblem: problem,
      dockerProblem: docker.problem,
      frozen: freeze && freezeWords(freeze),
    }),
  }
}

/** Nobody has to wait for a director that tidies up. */
async function otherHolder(lockPath: string): Promise<Holder | null> {
  const holder = await readHolder(lockPath)
  return givesWay(holder) ? null : holder
}

/** By the director's verbs it can't come to this; a hand in nginx/live can do it. */
function liveBarred({ journal, bars }: Parts, live: Slot | null, running: Release | null): string | null {
  // Until a release that has moved the traffic is recorded, the slot's holder is the build of before.
  const holder = running?.slot === live ? running : live && journal.holderOf(live)
  const bar = live && barOn(bars.list(), holder?.build)
  return bar && `${live} is live, and its build is barred: ${barWords(bar)} Deploy another one.`
}

function standbyProblem(parts: Parts, slot: Slot, seen: Seen): string | null {
  const holder = parts.journal.holderOf(slot)
  if (!holder?.build) return `${slot} holds no build to roll back to.`
  const bar = barOn(parts.bars.list(), holder.build)
  if (bar !== null) return barWords(bar)
  const release = seen.container === 'unknown' ? seen.payload?.release : seen.container?.release
  if (seen.container === null) return `${slot} has no container.`
  if (seen.container !== 'unknown' && seen.container.state !== 'running')
    return `${slot} is ${seen.container.state}.`
  if (release !== undefined && release !== holder.id)
    return `${slot} runs another build than the one that was live.`
  return seen.health.state === 'operational'
    ? null
    : (seen.health.problem ?? `${slot} is ${seen.health.state}.`)
}

/** When `release` started its slot: what that answered before is another build's. Not the process's own start, since what failed while it came back counts. */
function startMs(journal: Parts['journal'], release: number | null): number {
  const record = release === null ? null : journal.get(release)
  const startedAt = record?.steps.find(({ name }) => name === 'start')?.startedAt
  return startedAt == null ? 0 : Date.parse(startedAt)
}

async function lookAtSlot({ parts, usageOf }: ViewOptions, slot: Slot, signal: AbortSignal): Promise<Seen> {
  const container = await parts.slots
    .inspect(slot, AbortSignal.any([signal, AbortSignal.timeout(INSPECT_DEADLINE_MS)]))
    .catch(() => 'unknown' as const)
  const checkedAt = new Date().toISOString()
  if (!container) {
    const health = {
      state: 'absent' as const,
      latencyMs: null,
      checkedAt,
      problem: `${slot} has no container.`,
    }
    return { container, health, payload: null, usage: null }
  }
  const [usage, probed] = await Promise.all([
    container === 'unknown' ? null : usageOf(container).catch(() => null),
    parts.health.probe(slot, signal).catch(() => null),
  ])
  if (!probed) {
    const health = {
      state: 'unreachable' as const,
      latencyMs: null,
      checkedAt,
      problem: `${slot} does not answer its status route.`,
    }
    return { container, health, payload: null, usage }
  }
  const { payload, latencyMs } = probed
  const problem = payload.status === 'operational' ? null : `${slot} says that it is ${payload.status}.`
  return { container, health: { state: payload.status, latencyMs, checkedAt, problem }, payload, usage }
}

function slotView(
  slot: Slot,
  role: SlotRole,
  { container: seen, health, payload, usage }: Seen,
  address: string,
  holder: Release | null,
  barred: readonly Bar[],
): Omit<SlotView, 'traffic'> {
  const container = seen === 'unknown' ? null : seen
  // A slot that does not answer still runs what it was started with.
  const held = container !== null && container.release === holder?.id ? holder.build : null
  const deploymentId = payload?.deploymentId ?? held?.deploymentId ?? null
  return {
    slot,
    role,
    container: container && {
      name: container.name,
      state: container.state,
      startedAt: container.startedAt,
      restarts: container.restarts,
      image: container.image,
    },
    health,
    version: payload?.version ?? held?.version ?? null,
    release: payload?.release ?? container?.release ?? null,
    deploymentId,
    uptimeSeconds: payload?.uptimeSeconds ?? null,
    inFlight: payload?.inFlight ?? null,
    inFlightByKind: payload?.inFlightByKind ?? null,
    cpu: usage?.cpu ?? null,
    memory: usage?.memory ?? null,
    barred: barOn(barred, { deploymentId }),
    address,
  }
}

async function lookAtRouting({ traffic }: Parts, signal: AbortSignal): Promise<SystemStatus['routing']> {
  const { state: onDisk, problem: edited } = await readRouting(traffic)
  try {
    const served = await traffic.served(signal)
    const differs = (served?.generation ?? 0) !== (onDisk?.generation ?? 0)
    const problem = differs
      ? `nginx serves generation ${served?.generation ?? 0}, the disk holds ${onDisk?.generation ?? 0}.`
      : null
    return {
      live: served?.live ?? null,
      generation: served?.generation ?? null,
      nginxAnswers: true,
      problem: edited ?? problem,
    }
  } catch (cause) {
    return {
      live: onDisk?.live ?? null,
      generation: onDisk?.generation ?? null,
      nginxAnswers: false,
      problem: edited ?? `${wordsOf(cause)}. \`npm run up\` on the host starts it if it does not run.`,
    }
  }
}

async function readRouting(
  traffic: Parts['traffic'],
): Promise<{ state: RoutingState | null; problem: string | null }> {
  try {
    return { state: await traffic.read(), problem: null }
  } catch (cause) {
    return { state: null, problem: `${wordsOf(cause)}.` }
  }
}

async function lookAtDocker(
  { dockerVersion }: ViewOptions,
  signal: AbortSignal,
): Promise<SystemStatus['docker']> {
  try {
    return { version: await dockerVersion(signal), problem: null }
  } catch (cause) {
    const reason = `no answer within ${LOOK_DEADLINE_MS / 1_000} seconds`
    const error = signal.aborted ? new ReleaseError('docker-unreachable', { reason }, { cause }) : cause
    return { version: null, problem: `${wordsOf(error)}.` }
  }
}

function lastEnded({ journal }: Parts, running: Release | null): Release | null {
  const notEnded = running ?? journal.unfinished()[0]
  return journal.list({ before: notEnded?.id ?? null, limit: 1 })[0] ?? null
}
