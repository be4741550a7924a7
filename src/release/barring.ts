import { type BarOutcome, barOn, barRefusal } from './bar.ts'
import { correctRouting } from './correct-routing.ts'
import { ReleaseError } from './errors.ts'
import { knownBuild } from './known-build.ts'
import { wordsOf } from './messages.ts'
import type { NamedBuild, RoutingState } from './ports.ts'
import type { Actor, Build } from './release.ts'
import { otherSlot, type Slot } from './slot.ts'
import type { Parts } from './steps.ts'
import { unconfirmedBecause } from './through-nginx.ts'

/**
 * Bars a build: first it is written down, then the routing follows, so that a director that is killed between the two finds
 * what it had begun. May run twice. The caller holds the lock, and nothing is left to be settled.
 * Throws `build-unknown`, `build-live`, `routing-unconfirmed`, and what keeps the routing from being read.
 */
export async function barBuild(
  parts: Parts,
  { build: id, reason }: { build: string; reason: string | null },
  actor: Actor,
): Promise<BarOutcome> {
  const build = knownBuild(parts, id)
  const live = await liveBuild(parts)
  const refusal = barRefusal(build, live)
  if (refusal !== null) throw refusal
  const former = barOn(parts.bars.list(), build)
  const bar = former ?? parts.bars.bar(build, reason, actor)
  const tookMs = await moveTabs(parts, build, `${build.version} (${id}) is barred`)
  return { ...(await outcomeOf(parts, build)), bar, isChange: former === null, tookMs }
}

/** Takes the bar from a build, in the same order. Where its slot answers well, its tabs are pinned to it again. Throws as `barBuild` does. */
export async function unbarBuild(
  parts: Parts,
  { build: id }: { build: string },
  actor: Actor,
): Promise<BarOutcome> {
  const build = knownBuild(parts, id)
  await parts.traffic.read()
  const isChange = barOn(parts.bars.list(), build) !== null
  if (isChange) parts.bars.unbar(id, actor)
  const tookMs = await moveTabs(parts, build, `${build.version} (${id}) is barred no more`)
  return { ...(await outcomeOf(parts, build)), bar: null, isChange, tookMs }
}

async function liveBuild(parts: Parts): Promise<Build | null> {
  const live = (await parts.traffic.read())?.live ?? null
  return live && (parts.journal.holderOf(live)?.build ?? null)
}

/** Answers with how long nginx took to confirm, or null where the build runs in no slot. One that was routed before may not be served yet. */
async function moveTabs(parts: Parts, { deploymentId }: NamedBuild, fact: string): Promise<number | null> {
  const startedMs = performance.now()
  await correctRouting(parts).catch((cause: unknown) => {
    const reason = `${fact}, but the routing could not be written: ${wordsOf(cause)}. The director tries again every few seconds.`
    throw new ReleaseError('routing-unconfirmed', { reason }, { cause })
  })
  const routing = await parts.traffic.read()
  if (!routing?.live || heldIn(parts, routing, deploymentId) === null) return null
  const holder = parts.journal.holderOf(routing.live)
  const doubt = await unconfirmedBecause(parts, routing.live, holder?.id ?? 0)
  if (doubt === null) return performance.now() - startedMs
  const reason = `${fact} and the routing is written, but nginx does not confirm that it serves it: ${doubt}.`
  throw new ReleaseError('routing-unconfirmed', { reason })
}

async function outcomeOf(parts: Parts, { deploymentId, version }: NamedBuild) {
  const routing = await parts.traffic.read()
  const slot = routing && heldIn(parts, routing, deploymentId)
  const isInReach = slot !== null && routing?.up.includes(slot) === true
  return { deploymentId, version, slot, isInReach, live: (await liveBuild(parts))?.version ?? null }
}

/** The slot beside the live one, where that is what holds the build. */
function heldIn({ journal }: Parts, { live }: RoutingState, deploymentId: string): Slot | null {
  const other = live && otherSlot(live)
  return other && journal.holderOf(other)?.build?.deploymentId === deploymentId ? other : null
}
