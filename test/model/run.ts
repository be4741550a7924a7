import { ReleaseError } from '../../src/release/errors.ts'
import { otherSlot, SLOTS } from '../../src/release/slot.ts'
import type { Act } from './acts.ts'
import { wordsOfAct } from './acts.ts'
import { startClock } from './clock.ts'
import { ACTOR, type Director, newDirector } from './director.ts'
import { Killed } from './faults.ts'
import { befall, inspect, newWorld, type World, write } from './world.ts'

const TREE = { source: { kind: 'tree' }, label: null, note: null } as const

export type Outcome = { violations: readonly string[]; trace: readonly string[] }

/** Plays what happens, then lets everything be well, and says what was or is not as it must be. */
export async function play(acts: readonly Act[]): Promise<Outcome> {
  startClock()
  const world = newWorld()
  let director = newDirector(world)
  for (const act of acts) {
    if (director.life.isDead || act.kind === 'restart') director = newDirector(world)
    world.trace.push(wordsOfAct(act))
    await perform(director, act)
    mustHonourAborts(director)
    if (world.violations.length > 0) break
  }
  if (world.violations.length === 0) await mustEndWell(world)
  return world
}

async function perform(director: Director, act: Act): Promise<void> {
  const { life } = director
  const { world } = life
  if (act.kind === 'mishap') return befall(world, act.slot, act.mishap)
  if (act.kind === 'script') return moveByScript(world, act.leavesWord)
  life.faults = act.faults
  life.calls = 0
  try {
    await Promise.race([begin(director, act), life.death])
    if (!life.isDead) await Promise.race([director.verbs.settled(), life.death])
  } catch (cause) {
    // A refusal, or a disk that was full: both are allowed.
    world.trace.push(`  It ends with: ${cause instanceof ReleaseError ? cause.code : cause}`)
    if (cause instanceof TypeError || cause instanceof RangeError || isIllegal(cause))
      world.violations.push(String(cause))
  }
  life.faults = []
}

const isIllegal = (cause: unknown): boolean =>
  cause instanceof Error && !(cause instanceof Killed) && cause.message.includes('is not legal')

async function begin({ verbs, left, next, life }: Director, act: Act): Promise<unknown> {
  const { world } = life
  switch (act.kind) {
    case 'deploy':
      Object.assign(next, { build: builtBefore(world, act.build), isIll: act.build === 'ill' })
      return verbs.deploy(TREE, ACTOR)
    case 'rollback':
      return verbs.rollback({}, ACTOR)
    case 'settle':
    case 'restart':
      return left.now()
    case 'bar':
      return verbs.bar({ build: builtBefore(world, act.of)?.deploymentId ?? 'b0', reason: null }, ACTOR)
    case 'unbar':
      return verbs.unbar({ build: builtBefore(world, act.of)?.deploymentId ?? 'b0' }, ACTOR)
    default:
      return undefined
  }
}

function builtBefore({ routing, journal }: World, which: 'new' | 'ill' | 'live' | 'standby' | 'oldest') {
  if (which === 'oldest') return journal.builds().at(-1) ?? null
  if ((which !== 'live' && which !== 'standby') || !routing?.live) return null
  return journal.holderOf(which === 'live' ? routing.live : otherSlot(routing.live))?.build ?? null
}

/** What ./rollback.sh does, under its own conditions. */
function moveByScript(world: World, leavesWord: boolean): void {
  const { routing } = world
  if (!routing?.live) return
  const [from, to] = [routing.live, otherSlot(routing.live)]
  const standby = world.containers[to]
  const isReady = routing.up.includes(to) && !routing.barred.includes(to)
  if (!isReady || standby?.state !== 'running' || standby.isHung || standby.status !== 'operational') return
  const generation = routing.generation + 1
  write(world, { ...routing, generation, live: to, shares: {}, release: null })
  if (!leavesWord) return
  world.word = { generation, to, at: '2026-01-01T00:00:00Z', by: 'ada' }
  if (world.env) world.env = { ...world.env, live: to }
  world.trace.push(`  It moves from ${from} to ${to}.`)
}

function mustHonourAborts({ aborted, life: { world } }: Director): void {
  for (const id of aborted) {
    if (world.journal.get(id)?.state === 'live')
      world.violations.push(`release ${id} is live, though its abort was accepted`)
  }
}

/** With no more faults: recovery leaves nothing under way, a second one changes nothing, and the next verbs succeed. */
async function mustEndWell(world: World): Promise<void> {
  world.trace.push('From here on all is well; the director starts anew.')
  for (const slot of SLOTS) befall(world, slot, 'recovers')
  const director = newDirector(world)
  await settleTwice(world, director, newDirector)
  if (world.violations.length > 0) return
  const next = newDirector(world)
  await unbarLive(next)
  await mustGoLive(next, 'a deploy', () => next.verbs.deploy(TREE, ACTOR))
  if (world.violations.length > 0) return
  await mustGoLive(next, 'a rollback', () => next.verbs.rollback({}, ACTOR))
}

/** ./rollback.sh knows of a bar by the routing alone: where that could not be written yet, it may have led visitors to the build. */
async function unbarLive({ verbs, life: { world } }: Director): Promise<void> {
  const build = builtBefore(world, 'live')?.deploymentId
  if (world.journal.bars.list().some(({ deploymentId }) => deploymentId === build) && build)
    await verbs.unbar({ build }, ACTOR)
}

async function settleTwice(
  world: World,
  director: Director,
  again: (world: World) => Director,
): Promise<void> {
  await director.left.now()
  mustBeSettled(director)
  const before = snapshot(world)
  await director.left.now()
  if (snapshot(world) !== before) world.violations.push('a second look changed what was settled')
  world.trace.push('The director starts anew once more.')
  const { left } = again(world)
  await left.now()
  if (snapshot(world) !== before) world.violations.push('a second recovery changed what was settled')
}

async function mustGoLive(
  director: Director,
  what: string,
  begin: () => Promise<{ id: number }>,
): Promise<void> {
  const { world } = director.life
  world.trace.push(`Then ${what}.`)
  try {
    const { id } = await begin()
    await director.verbs.settled()
    const release = world.journal.get(id)
    if (release?.state !== 'live')
      world.violations.push(`${what} with all well ended ${release?.state}: ${release?.error?.what}`)
    else if (world.routing?.live !== release.slot)
      world.violations.push(`${what} is live, and visitors are elsewhere`)
  } catch (cause) {
    const words =
      cause instanceof ReleaseError ? `${cause.code} ${JSON.stringify(cause.facts)}` : String(cause)
    world.violations.push(`${what} with all well was refused: ${words}`)
  }
  mustBeSettled(director)
}

function mustBeSettled({ left, life: { world } }: Director): void {
  const { journal, routing, env, violations, containers } = world
  const problem = left.problem()
  if (problem !== null) violations.push(`it can't be settled: ${problem}`)
  for (const { id, state } of journal.unfinished()) violations.push(`release ${id} is still ${state}`)
  for (const release of journal.list({ before: null, limit: 100 })) {
    if (JSON.stringify(journal.replay(release.id)) !== JSON.stringify(release))
      violations.push(`release ${release.id} is not what its events say`)
  }
  const newest = journal.newestLive()
  if (!newest) return
  if (!routing?.live) return void violations.push('something went live, and no slot is')
  const { live } = routing
  if (newest.verb === 'rollback' && journal.freezes.inForce()?.release !== newest.id)
    violations.push(`release ${newest.id} rolled back, and machines may deploy`)
  if (newest.slot !== live) violations.push(`the journal says ${newest.slot}, and visitors get ${live}`)
  if (env?.live !== live) violations.push(`the env file says ${env?.live}, and visitors get ${live}`)
  for (const slot of SLOTS) {
    const holder = journal.holderOf(slot)
    if (holder && env?.started[slot]?.release !== holder.id)
      violations.push(`the env file names another build for ${slot}`)
    const container = inspect(world, slot)
    if (slot === live && container?.release !== holder?.id)
      violations.push(
        `${slot} is live with release ${container?.release}, and the journal says ${holder?.id}`,
      )
    const id = holder?.build?.deploymentId
    const isPinned = routing.pins.some(({ deploymentId }) => deploymentId === id)
    // Those of the live build go to it by default.
    if (slot !== live && routing.up.includes(slot) && id && !isPinned)
      violations.push(`the tabs of ${id} are not led to ${slot}`)
    const { state, status, isHung } = containers[slot] ?? {}
    const isWell = state === 'running' && status === 'operational' && !isHung
    const isBarred = journal.bars.list().some(({ deploymentId }) => deploymentId === id)
    const isHeld = holder !== null && container?.release === holder.id && isWell
    if (isHeld && !isBarred && !routing.up.includes(slot)) violations.push(`${slot} is well and out of reach`)
    if (isBarred && slot !== live && routing.up.includes(slot))
      violations.push(`the barred build in ${slot} is in reach`)
  }
}

/** Everything that recovery may change. */
function snapshot({ routing, journal, containers, env, word }: World): string {
  const still = SLOTS.map((slot) => ({ ...containers[slot], inFlight: 0 }))
  return JSON.stringify([
    routing,
    journal.list({ before: null, limit: 100 }),
    journal.bars.list(),
    journal.freezes.inForce(),
    still,
    env,
    word,
  ])
}
