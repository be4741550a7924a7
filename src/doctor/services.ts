import type { Slot } from '../release/slot.ts'

/** Compose's services of a Switchyard, each with the end of its container's name, its address and what people call it. */
export const SERVICES = {
  runtime_primary: { name: 'env-primary', host: 11, words: 'the primary slot' },
  runtime_secondary: { name: 'env-secondary', host: 12, words: 'the secondary slot' },
  traffic_proxy: { name: 'proxy-director', host: 2, words: 'nginx' },
  director: { name: 'release-director', host: 3, words: 'the director' },
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
