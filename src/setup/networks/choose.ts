import type { Settings } from '../../config/settings.ts'
import type { EnvValues } from '../../state/env-file.ts'
import { NETWORK_NAMES, NETWORKS, type Prefixes, subnetOf } from '../../topology/networks.ts'
import { SettingsRefusal } from '../failure.ts'
import { overlaps } from './subnet.ts'

/** As many /24s are looked at as 172.30.0.0/16 has. */
const CANDIDATES = 256

/** `routed` is avoided where something else is free, since a route may be as wide as a company's whole network. */
export type Taken = { inUse: readonly { subnet: string }[]; routed: readonly string[] }

/**
 * The networks of this clone. Those of the slots are the setting's, else those that set-up recorded before (`recorded`),
 * else the first free ones after the control network. Throws `SettingsRefusal` where none is free.
 */
export function choosePrefixes(settings: Settings, recorded: EnvValues, taken: Taken): Prefixes {
  const chosen = { control: settings.NETWORK_PREFIX, primary: '', secondary: '' }
  for (const slot of ['primary', 'secondary'] as const) {
    const { setting } = NETWORKS[slot]
    const rest = [...Object.values(chosen), ...fixedOf(settings)]
    const before = recorded.get(setting)
    const kept = before !== undefined && isPrefix(before) && !rest.includes(before) ? before : null
    chosen[slot] = settings[setting] ?? kept ?? firstFree(chosen.control, rest, taken, setting)
  }
  return chosen
}

const fixedOf = (settings: Settings): string[] =>
  NETWORK_NAMES.flatMap((network) => settings[NETWORKS[network].setting] ?? [])

const isPrefix = (text: string): boolean => /^(\d{1,3}\.){2}\d{1,3}$/.test(text)

function firstFree(
  control: string,
  rest: readonly string[],
  { inUse, routed }: Taken,
  setting: string,
): string {
  const [first = 0, second = 0, third = 0] = control.split('.').map(Number)
  const candidates = Array.from({ length: CANDIDATES - 1 }, (_, at) => {
    return `${first}.${second}.${(third + at + 1) % CANDIDATES}`
  }).filter((candidate) => !rest.includes(candidate))
  const outside = (subnets: readonly string[]) => (candidate: string) =>
    !subnets.some((subnet) => overlaps(subnet, subnetOf(candidate)))
  const free = candidates.filter(outside(inUse.map(({ subnet }) => subnet)))
  const found = free.find(outside(routed)) ?? free[0]
  if (found !== undefined) return found
  throw new SettingsRefusal(
    `No network is free beside ${subnetOf(control)} for a slot: Docker or this machine has all of ${first}.${second}.0.0/16.`,
    `Write a free one into switchyard.env (for example \`${setting}=10.99.43\`), then run the command again.`,
  )
}
