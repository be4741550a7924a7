import type { Runtime, SlotStart } from '../release/runtime.ts'
import { SLOTS, type Slot } from '../release/slot.ts'

/**
 * What compose fills the service of `slot` with. An empty one stands for the compose file's own default, so that a slot from
 * before its kind was recorded stays what it is.
 */
export function slotVariables(
  slot: Slot,
  { build, release, runtime: { environment, preload } }: SlotStart,
): Record<string, string> {
  const prefix = slot.toUpperCase()
  return {
    [`${prefix}_IMAGE`]: build.image,
    [`${prefix}_RELEASE`]: String(release),
    [`${prefix}_ENVIRONMENT`]: environment === null ? '' : environmentFile(environment),
    [`${prefix}_PRELOAD`]: preload ?? '',
  }
}

/** What an env file says that `slot` is started with beside its build, as `slotVariables` has written it. */
export function runtimeIn(slot: Slot, values: ReadonlyMap<string, string>): Runtime {
  const prefix = slot.toUpperCase()
  return {
    environment: /([0-9a-f]{64})\.env$/.exec(values.get(`${prefix}_ENVIRONMENT`) ?? '')?.[1] ?? null,
    preload: /^[0-9a-f]{64}$/.exec(values.get(`${prefix}_PRELOAD`) ?? '')?.[0] ?? null,
  }
}

/** Relative to the project directory. */
export const environmentFile = (hash: string): string => `state/environments/${hash}.env`

/**
 * Keeps compose from reading what the slots beside `started` run with: it reads all of them whatever it is to start, stops at
 * one that is lost, and quotes what it can't read.
 */
export function unreadEnvironments(started: readonly Slot[]): Record<string, string> {
  const others = SLOTS.filter((slot) => !started.includes(slot))
  return Object.fromEntries(others.map((slot) => [`${slot.toUpperCase()}_ENVIRONMENT`, '/dev/null']))
}
