import type { Slot } from '../release/slot.ts'

/** Compose's services of a Switchyard, each with the end of its container's name, what it is by its addresses, and what people call it. */
export const SERVICES = {
  runtime_primary: { name: 'env-primary', part: 'primary', words: 'the primary slot' },
  runtime_secondary: { name: 'env-secondary', part: 'secondary', words: 'the secondary slot' },
  traffic_proxy: { name: 'proxy-director', part: 'nginx', words: 'nginx' },
  director: { name: 'release-director', part: 'director', words: 'the director' },
} as const

export type Service = keyof typeof SERVICES

export const SERVICE_NAMES = [
  'runtime_primary',
  'runtime_secondary',
  'traffic_proxy',
  'director',
] as const satisfies readonly Service[]

export const serviceOfSlot = {
  primary: 'runtime_primary',
  secondary: 'runtime_secondary',
} as const satisfies Record<Slot, Service>
