import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type Docker from 'dockerode'
import { PROJECT_LABEL } from '../containers.ts'
import { overlaps } from './subnet.ts'

const ROUTES_FILE = '/proc/net/route'
const DEFAULT_ROUTE = '0.0.0.0/0'

/** A network that this machine knows, with words for it: `Docker's network shop_default`. */
export type InUse = { subnet: string; words: string }

/** What nothing of the project `name` may overlap: other networks of Docker and those of this machine's cards. */
export async function networksInUse(docker: Docker, name: string): Promise<readonly InUse[]> {
  const networks = await docker.listNetworks()
  const [own, others] = [networks.filter(isOf(name)), networks.filter((network) => !isOf(name)(network))]
  const ownSubnets = own.flatMap(subnetsOf)
  return [
    ...others.flatMap((network) =>
      subnetsOf(network).map((subnet) => ({ subnet, words: `Docker's network ${network.Name}` })),
    ),
    // Docker's networks have a card here too.
    ...cards().filter(({ subnet }) => !ownSubnets.some((one) => overlaps(one, subnet))),
  ]
}

export type Listed = Awaited<ReturnType<Docker['listNetworks']>>[number]

export const isOf =
  (name: string) =>
  ({ Labels }: Listed): boolean =>
    Labels?.[PROJECT_LABEL] === name

export const subnetsOf = ({ IPAM }: Listed): string[] =>
  (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : []))

function cards(): InUse[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ family, cidr }) =>
      family === 'IPv4' && cidr !== null ? [{ subnet: cidr, words: `this machine's interface ${name}` }] : [],
    ),
  )
}

/** Where this machine's routes lead, but for the default one. A narrower network beside them works, and hides a part of them. */
export async function routedSubnets(): Promise<readonly string[]> {
  return subnetsIn(await readFile(ROUTES_FILE, 'utf8').catch(() => ''))
}

/** Of the text of /proc/net/route: numbers are hexadecimal, the last byte first. */
export function subnetsIn(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination = '', , , , , , mask = ''] = line.split(/\s+/)
      if (!/^[0-9A-F]{8}$/i.test(destination) || !/^[0-9A-F]{8}$/i.test(mask)) return []
      const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length
      const subnet = `${bytesOf(destination).join('.')}/${bits}`
      return subnet === DEFAULT_ROUTE ? [] : [subnet]
    })
}

const bytesOf = (hexadecimal: string): number[] =>
  [6, 4, 2, 0].map((at) => Number.parseInt(hexadecimal.slice(at, at + 2), 16))
