import { isDeepStrictEqual } from 'node:util'
import type { ScriptRollback } from '../../src/director/adopt.ts'
import { routingStateSchema } from '../../src/nginx/generation.ts'
import { ReleaseError } from '../../src/release/errors.ts'
import type { RoutingState, SlotContainer, StartedSlots } from '../../src/release/ports.ts'
import type { Build, Release } from '../../src/release/release.ts'
import { type Runtime, type SlotStart, UNRECORDED } from '../../src/release/runtime.ts'
import { otherSlot, SLOTS, type Slot } from '../../src/release/slot.ts'
import type { StatusPayload } from '../../src/release/status-payload.ts'
import { now } from './clock.ts'
import { type MemoryJournal, memoryJournal } from './memory-journal.ts'

export const DRAIN_CAP_MS = 10_000
const IN_FLIGHT = 2

export type Container = {
  release: number
  build: Build
  state: 'running' | 'exited'
  status: 'operational' | 'degraded'
  /** It takes connections and answers none. */
  isHung: boolean
  /** Ends by itself once nothing new can reach the slot. */
  inFlight: number
  /** By the product and not by a fault: then nothing starts it again. */
  isStopped: boolean
}

/** What outlives a director: the disk, the containers, and what visitors get. */
export type World = {
  journal: MemoryJournal
  routing: RoutingState | null
  containers: Record<Slot, Container | null>
  env: { started: StartedSlots; live: Slot } | null
  /** How many were kept. */
  runtimes: number
  /** What ./rollback.sh left. */
  word: ScriptRollback | null
  /** Builds that never say that they are well, by the release that made them. */
  ill: Set<number>
  /** The release that the director of now last saw to be well in a slot. */
  seenWell: Record<Slot, number | null>
  /** What was last answered through nginx when a switch was to be confirmed. */
  seenThroughNginx: Container['status'] | null
  /** Since when nothing new reaches a slot. */
  outSinceMs: Record<Slot, number | null>
  /** What must never be, in a sentence each. */
  violations: string[]
  /** What happened, for people. */
  trace: string[]
}

export function newWorld(): World {
  return {
    journal: memoryJournal(),
    routing: null,
    containers: { primary: null, secondary: null },
    env: null,
    runtimes: 0,
    word: null,
    ill: new Set(),
    seenWell: { primary: null, secondary: null },
    seenThroughNginx: null,
    outSinceMs: { primary: null, secondary: null },
    violations: [],
    trace: [],
  }
}

/** The commit point: as `writeGeneration` refuses, and what no generation may say. */
export function write(world: World, next: RoutingState): void {
  const { routing, containers, violations } = world
  const parsed = routingStateSchema.safeParse(next)
  if (!parsed.success)
    violations.push(`a routing was written that is none: ${parsed.error.issues[0]?.message}`)
  if (next.generation <= (routing?.generation ?? 0)) {
    violations.push(`generation ${next.generation} was to follow ${routing?.generation}`)
    throw new ReleaseError('internal', { reason: 'not newer' })
  }
  if (routing?.live && next.live === null && world.journal.newestLive())
    violations.push('the traffic was taken off the live slot')
  if (next.live !== null && next.live !== routing?.live) mustBeSeenWell(world, next, next.live)
  world.routing = next
  for (const slot of SLOTS) {
    const isUp = next.up.includes(slot)
    world.outSinceMs[slot] = isUp ? null : (world.outSinceMs[slot] ?? now())
    const container = containers[slot]
    if (isUp && container?.state === 'running') container.inFlight = IN_FLIGHT
  }
  mustPinWhatRuns(world)
}

/**
 * A release that moves the traffic must know that its slot is well. The way back need not: where it leads was good before. Nor
 * need a rollback from a slot that was seen to be no better.
 */
function mustBeSeenWell(
  { journal, containers, seenWell, violations }: World,
  next: RoutingState,
  live: Slot,
): void {
  const release = next.release === null ? null : journal.get(next.release)
  if (release?.slot !== live) return
  if (release.state !== 'switching')
    violations.push(`the traffic moved while release ${release.id} was ${release.state}`)
  const container = containers[live]
  if (container && seenWell[live] === container.release) return
  if (release.verb === 'rollback' && release.from !== null && seenWell[release.from] === null) return
  violations.push(`visitors were sent to ${live}, which was not known to be well`)
}

/** What is written down as live is what visitors get, from a slot that this director has seen to be well, or no worse than the other. */
export function mustBeLive(
  { routing, seenWell, seenThroughNginx, violations }: World,
  { id, slot, from, steps, recovery }: Release,
): void {
  const at = from === null ? (routing?.live ?? slot) : slot
  if (routing?.live !== at)
    violations.push(`release ${id} was called live, and visitors got ${routing?.live}`)
  // What ./rollback.sh has moved is taken over as it is.
  else if (steps.length > 0 && seenWell[at] === null && (from === null || seenWell[otherSlot(at)] !== null))
    violations.push(`release ${id} was called live, and ${at} was not known to be well`)
  else if (steps.length > 0 && recovery === null && seenThroughNginx !== 'operational')
    violations.push(`release ${id} was called live, and ${at} was not seen to be well through nginx`)
}

function mustPinWhatRuns({ routing, containers, violations }: World): void {
  for (const { deploymentId, slot } of routing?.pins ?? []) {
    const running = containers[slot]?.build.deploymentId
    if (running !== undefined && running !== deploymentId)
      violations.push(`tabs of ${deploymentId} were led to ${slot}, which runs ${running}`)
  }
}

/** The settings of a slot are others for each release. */
export function newRuntime(world: World): Runtime {
  world.runtimes++
  return { ...UNRECORDED, environment: world.runtimes.toString(16).padStart(64, '0') }
}

export function start(world: World, slot: Slot, { build, release, runtime }: SlotStart): void {
  mustBeFree(world, slot, 'started anew')
  if (!isDeepStrictEqual(world.journal.get(release)?.runtime, runtime))
    world.violations.push(`${slot} was started for release ${release} with what another one was started with`)
  const status = world.ill.has(build.madeBy) ? 'degraded' : 'operational'
  world.containers[slot] = {
    ...{ release, build, state: 'running', status },
    ...{ isHung: false, inFlight: 0, isStopped: false },
  }
  world.seenWell[slot] = null
  mustPinWhatRuns(world)
}

export function stop(world: World, slot: Slot): void {
  mustBeFree(world, slot, 'stopped')
  const container = world.containers[slot]
  if (container) Object.assign(container, { state: 'exited', inFlight: 0, isStopped: true })
  world.seenWell[slot] = null
}

/** Whoever has visitors keeps running until they are answered. */
function mustBeFree({ routing, containers, outSinceMs, violations }: World, slot: Slot, what: string): void {
  if (routing?.live === slot) violations.push(`${slot} was ${what} while it was live`)
  const container = containers[slot]
  if (container?.state !== 'running' || container.status !== 'operational') return
  const outForMs = now() - (outSinceMs[slot] ?? now())
  if (container.inFlight > 0 && outForMs < DRAIN_CAP_MS)
    violations.push(`${slot} was ${what} with ${container.inFlight} requests in flight`)
}

/** What a slot says of itself, to whoever asks; throws where nothing answers. */
export function probe(world: World, slot: Slot): StatusPayload {
  const container = world.containers[slot]
  if (container?.state !== 'running') {
    world.seenWell[slot] = null
    throw new Error('no answer', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) })
  }
  if (container.isHung) {
    world.seenWell[slot] = null
    throw new Error('no answer')
  }
  const { status, release, build, inFlight } = container
  world.seenWell[slot] = status === 'operational' ? release : null
  if (world.routing?.up.includes(slot) !== true) container.inFlight = Math.max(0, inFlight - 1)
  return {
    ...{ status, slot, release, inFlight, version: build.version, deploymentId: build.deploymentId },
    ...{ timestamp: '2026-01-01T00:00:00.000Z', uptimeSeconds: 1, checks: {} },
  }
}

export function inspect({ containers }: World, slot: Slot): SlotContainer | null {
  const container = containers[slot]
  if (!container) return null
  const { state, release, build } = container
  return { id: slot, name: slot, state, startedAt: null, restarts: 0, image: build.image, release }
}

/** What a container does by itself, or its host to it. */
export type Mishap = 'dies' | 'falls ill' | 'hangs' | 'recovers'

export function befall({ containers, ill, routing }: World, slot: Slot, mishap: Mishap): void {
  const container = containers[slot]
  if (!container || container.isStopped) return
  if (mishap === 'dies') Object.assign(container, { state: 'exited', isHung: false, inFlight: 0 })
  if (mishap === 'hangs') container.isHung = true
  if (mishap === 'falls ill') container.status = 'degraded'
  if (mishap === 'recovers') {
    container.isHung = false
    if (container.state !== 'running') container.inFlight = routing?.up.includes(slot) ? IN_FLIGHT : 0
    container.state = 'running'
    if (!ill.has(container.build.madeBy)) container.status = 'operational'
  }
}
