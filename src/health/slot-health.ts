import type { Health } from '../release/ports.ts'
import type { Slot } from '../release/slot.ts'
import { probe } from './probe.ts'
import { DEFAULT_HEALTH_SETTINGS, type HealthSettings } from './settings.ts'
import { untilHealthy } from './until-healthy.ts'

/** The director's eyes on the slots. `addressOf` gives a slot's own address on the network, without a port. */
export function slotHealth({
  addressOf,
  settings = {},
}: {
  addressOf(slot: Slot): string
  settings?: Partial<HealthSettings>
}): Health {
  const where = { ...DEFAULT_HEALTH_SETTINGS, ...settings, addressOf }
  return {
    probe: (slot, signal, withinMs = where.probeTimeoutMs) =>
      probe(slot, { ...where, probeTimeoutMs: withinMs }, signal),
    untilHealthy: (slot, expected, log, signal) => untilHealthy(slot, expected, where, log, signal),
  }
}
