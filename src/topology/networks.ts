/**
 * The networks of one system. `control` is nginx's and the director's; each slot has one of its own, which it shares with
 * these two alone. `key` is the compose file's name for it, `setting` that of the first three numbers of its /24.
 * Docker gives a container its way out, and its published ports, by the network whose name sorts first: that must stay
 * `control` for nginx, also where it joins the others while it runs.
 */
export const NETWORKS = {
  control: { key: 'switchyard', setting: 'NETWORK_PREFIX', initial: '172.30.42' },
  primary: { key: 'to_primary', setting: 'PRIMARY_NETWORK_PREFIX', initial: '172.30.43' },
  secondary: { key: 'to_secondary', setting: 'SECONDARY_NETWORK_PREFIX', initial: '172.30.44' },
} as const

export type NetworkName = keyof typeof NETWORKS

export const NETWORK_NAMES = ['control', 'primary', 'secondary'] as const satisfies readonly NetworkName[]

/** The first three numbers of each network's /24. */
export type Prefixes = Readonly<Record<NetworkName, string>>

type PrefixSettings = {
  NETWORK_PREFIX?: string | undefined
  PRIMARY_NETWORK_PREFIX?: string | undefined
  SECONDARY_NETWORK_PREFIX?: string | undefined
}

/** Of settings as they were applied. A system from before slots had networks of their own has all its parts on one. */
export function prefixesOf(applied: PrefixSettings): Prefixes {
  const control = applied.NETWORK_PREFIX || NETWORKS.control.initial
  return {
    control,
    primary: applied.PRIMARY_NETWORK_PREFIX || control,
    secondary: applied.SECONDARY_NETWORK_PREFIX || control,
  }
}

export const subnetOf = (prefix: string): string => `${prefix}.0/24`

/** Whether they are of a system from before slots had networks of their own. */
export const isFormer = ({ control, primary, secondary }: Prefixes): boolean =>
  primary === control || secondary === control
