import { ReleaseError } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import type { Preflight, PreflightFindings, Traffic } from '../release/ports.ts'
import type { Source } from '../release/release.ts'
import { otherSlot, type Slot } from '../release/slot.ts'

type Finding = PreflightFindings[number]

/** The checks of Docker and the host; null and an empty list have nothing to say. */
export type HostChecks = {
  docker(signal: AbortSignal): Promise<Finding | null>
  disk(signal: AbortSignal): Promise<Finding | null>
  reserve(): Finding | null
  /** The compose file, and the memory that `slot` needs by it. */
  compose(slot: Slot, signal: AbortSignal): Promise<readonly Finding[]>
  foundation(source: Source, signal: AbortSignal): Promise<Finding | null>
  /** What of the app comes before the console. */
  addresses(source: Source, signal: AbortSignal): Promise<readonly Finding[]>
  /** What of the source is left out and may be missed, or can't be built. */
  source(source: Source, signal: AbortSignal): Promise<readonly Finding[]>
  /** Whether the source wants another Node than it gets. */
  node(source: Source, signal: AbortSignal): Promise<Finding | null>
  /** What the app is started and built with. */
  environment(source: Source): Promise<readonly Finding[]>
}

/**
 * All that is looked at before a release. A rollback starts nothing and is for bad moments: it asks for sound routing, and
 * for an nginx that can confirm the move.
 */
export function preflightOf(traffic: Traffic, host: HostChecks): Preflight {
  return {
    run: async (source, signal) => {
      const routing = await routingFinding(traffic)
      if (source.kind === 'standby') return [routing, await servedFinding(traffic, signal)]
      const docker = await host.docker(signal)
      if (docker?.outcome === 'refused') return [docker, routing]
      const slot = otherSlot((await liveSlot(traffic)) ?? 'secondary')
      const others = await Promise.all([
        host.disk(signal),
        host.reserve(),
        host.compose(slot, signal),
        nginxFinding(traffic, signal),
        host.foundation(source, signal),
        host.addresses(source, signal),
        host.source(source, signal),
        host.node(source, signal),
        host.environment(source),
      ])
      return [docker, routing, ...others.flat()].filter((finding) => finding !== null)
    },
  }
}

async function liveSlot(traffic: Traffic): Promise<Slot | null> {
  return (await traffic.read().catch(() => null))?.live ?? null
}

async function routingFinding(traffic: Traffic): Promise<Finding> {
  return finding('routing', 'The routing is as the last release left it.', async () => {
    await traffic.read()
  })
}

const SERVED_TRIES = 2

/** One silence may be the load of a bad moment. An nginx that takes connections and is late runs, and reads what is on the disk. */
async function servedFinding(traffic: Traffic, signal: AbortSignal): Promise<Finding> {
  let isLate = false
  const found = await finding('nginx', 'nginx answers.', async () => {
    for (let tries = 1; ; tries++) {
      try {
        await traffic.served(signal)
        return
      } catch (cause) {
        isLate = cause instanceof ReleaseError && cause.facts.contact === 'taken'
        if (tries === SERVED_TRIES) throw cause
      }
    }
  })
  if (!isLate || found.outcome !== 'refused') return found
  const sentence = 'nginx runs and is late to answer, as on a machine that is short of processor time.'
  return { name: found.name, outcome: 'warning', sentence }
}

async function nginxFinding(traffic: Traffic, signal: AbortSignal): Promise<Finding> {
  return finding('nginx', 'nginx accepts its configuration.', () => traffic.checkConfig(signal))
}

async function finding(name: string, sentence: string, look: () => Promise<void>): Promise<Finding> {
  try {
    await look()
    return { name, outcome: 'ok', sentence }
  } catch (cause) {
    if (!(cause instanceof ReleaseError) || cause.code === 'aborted') throw cause
    return { code: cause.code, name, outcome: 'refused', sentence: describeError(cause, '').what }
  }
}
