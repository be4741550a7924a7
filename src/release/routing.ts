import { type Bar, barOn } from './bar.ts'
import type { RoutingState } from './ports.ts'
import type { Build } from './release.ts'
import { SLOTS, type Slot } from './slot.ts'

/** The builds in the slots that may be addressed. A slot that is absent here is not up. */
export type SlotBuilds = Readonly<Partial<Record<Slot, Build>>>

/** What the traffic looks like before any release: nobody is served. */
export const NO_ROUTING: RoutingState = {
  generation: 0,
  live: null,
  up: [],
  shares: {},
  pins: [],
  console: null,
  barred: [],
  release: null,
}

export type NextRouting = {
  live: Slot | null
  builds: SlotBuilds
  bars: readonly Bar[]
  release: number | null
}

/**
 * The next generation: `live` gets the traffic, every slot in `builds` is up, and open tabs keep the slot that runs their build.
 * `live` is up also where nobody knows its build: without it nobody would be served.
 * A barred build is out of reach altogether: without its pin alone, `/ops` could still be asked of it by way of the other
 * slot. Its static files stay where nginx has them on disk. A page that is half loaded must not break, and what runs in a
 * browser gives nobody a way into the slot.
 */
export function nextRouting(
  current: RoutingState,
  { live, builds, bars, release }: NextRouting,
): RoutingState {
  const barred = SLOTS.filter((slot) => slot !== live && barOn(bars, builds[slot]) !== null)
  const reached = without(builds, barred)
  return {
    generation: current.generation + 1,
    live,
    up: SLOTS.filter((slot) => slot === live || reached[slot] !== undefined),
    shares: {},
    pins: pinsFor(live, reached),
    console: onlyConsole(reached),
    barred,
    release,
  }
}

/** The next generation with `slot` out of reach for everyone, as it must be before it is drained and reused. */
export function withoutSlot(current: RoutingState, slot: Slot, release: number): RoutingState {
  return {
    ...current,
    generation: current.generation + 1,
    live: current.live === slot ? null : current.live,
    up: current.up.filter((other) => other !== slot),
    shares: {},
    pins: current.pins.filter((pin) => pin.slot !== slot),
    console: null,
    release,
  }
}

function without({ primary, secondary }: SlotBuilds, slots: readonly Slot[]): SlotBuilds {
  return {
    primary: slots.includes('primary') ? undefined : primary,
    secondary: slots.includes('secondary') ? undefined : secondary,
  }
}

/** The slot with a console where the other one is up without. */
function onlyConsole({ primary, secondary }: SlotBuilds): Slot | null {
  if (!primary || !secondary || primary.hasConsole === secondary.hasConsole) return null
  return primary.hasConsole ? 'primary' : 'secondary'
}

/** When both slots run one build its id stands once, for the live slot: nginx takes no id twice, and letter case does not count. */
function pinsFor(live: Slot | null, builds: SlotBuilds): RoutingState['pins'] {
  const liveFirst = SLOTS.toSorted((a, b) => Number(b === live) - Number(a === live))
  const pins = new Map<string, { deploymentId: string; slot: Slot }>()
  for (const slot of liveFirst) {
    const deploymentId = builds[slot]?.deploymentId
    if (!deploymentId) continue
    const key = deploymentId.toLowerCase()
    if (!pins.has(key)) pins.set(key, { deploymentId, slot })
  }
  return [...pins.values()]
}
