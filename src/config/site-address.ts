import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { parseEnv } from 'node:util'
import { HOSTS } from '../topology/addresses.ts'

export type SiteSettings = { HTTP_ADDRESS: string; HTTP_PORT: number; NETWORK_PREFIX: string }

/** Where a browser on another machine finds the site, if this machine listens there. */
export function siteAddress({ HTTP_ADDRESS, HTTP_PORT, NETWORK_PREFIX }: SiteSettings): string {
  const host = HTTP_ADDRESS === '0.0.0.0' ? (outsideAddress(NETWORK_PREFIX) ?? 'localhost') : HTTP_ADDRESS
  return `http://${host}${HTTP_PORT === 80 ? '' : `:${HTTP_PORT}`}`
}

/**
 * The same, of the settings that set-up has applied in the env file at `path`; null where it has not, and in the director's
 * container, which knows no address of its host.
 */
export async function appliedSite(path: string): Promise<string | null> {
  const { HTTP_ADDRESS, HTTP_PORT, NETWORK_PREFIX } = parseEnv(await readFile(path, 'utf8').catch(() => ''))
  if (HTTP_ADDRESS === undefined || HTTP_PORT === undefined || NETWORK_PREFIX === undefined) return null
  if (HTTP_ADDRESS === '0.0.0.0' && hasAddress(`${NETWORK_PREFIX}.${HOSTS.director}`)) return null
  return siteAddress({ HTTP_ADDRESS, HTTP_PORT: Number(HTTP_PORT), NETWORK_PREFIX })
}

function hasAddress(sought: string): boolean {
  return Object.values(networkInterfaces()).some((found) => found?.some(({ address }) => address === sought))
}

const CONTAINER_INTERFACES = /^(docker|br-|veth|virbr|cni|lo)/

function outsideAddress(networkPrefix: string): string | null {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (CONTAINER_INTERFACES.test(name)) continue
    const found = addresses?.find(
      ({ family, internal, address }) =>
        family === 'IPv4' && !internal && !address.startsWith(`${networkPrefix}.`),
    )
    if (found !== undefined) return found.address
  }
  return null
}
