import { NETWORK_NAMES, type NetworkName, type Prefixes } from './networks.ts'

/** The last number of a part's address, on whichever network. Dynamic addresses begin at 128, the gateway is 1. */
export const HOSTS = { nginx: 2, director: 3, primary: 11, secondary: 12 } as const

export type Part = keyof typeof HOSTS

export const SLOT_PORT = 3_000
/** In nginx's container: for visitors, and for the director alone. */
export const NGINX_PORTS = { visitors: 8_080, admin: 8_082 } as const

/** The networks that a part is on, the one by which it is asked first. */
export function networksOf(part: Part): readonly NetworkName[] {
  return part === 'primary' || part === 'secondary' ? [part] : NETWORK_NAMES
}

/** Where `part` is on `network`, without a port. */
export const addressOn = (prefixes: Prefixes, network: NetworkName, part: Part): string =>
  `${prefixes[network]}.${HOSTS[part]}`

/** Where `part` is asked by nginx and the director, without a port. */
export function addressOf(prefixes: Prefixes, part: Part): string {
  return addressOn(prefixes, part === 'primary' || part === 'secondary' ? part : 'control', part)
}

/** Where nginx listens for the director, and whom it answers there. */
export const adminOf = (prefixes: Prefixes): { address: string; port: number; allowed: string[] } => ({
  address: addressOf(prefixes, 'nginx'),
  port: NGINX_PORTS.admin,
  allowed: [addressOf(prefixes, 'director')],
})
