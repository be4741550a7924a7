import type Docker from 'dockerode'
import { HOSTS } from '../../topology/addresses.ts'
import { NETWORKS } from '../../topology/networks.ts'

/**
 * A file for compose that puts back, for nginx's service, what came with the slots' networks: its networks, the addresses of
 * the slots and the port of its health check are those of `container`. (YAML, since only tags say that a list is replaced.)
 */
export function formerShape({ HostConfig, Config }: Docker.ContainerInspectInfo, prefix: string): string {
  const networks = { [NETWORKS.control.key]: { ipv4_address: `${prefix}.${HOSTS.nginx}` } }
  const test = Config.Healthcheck?.Test ?? []
  return [
    'services:',
    '  traffic_proxy:',
    `    networks: !override ${JSON.stringify(networks)}`,
    `    extra_hosts: !override ${JSON.stringify(HostConfig.ExtraHosts ?? [])}`,
    // Compose would take a dollar for one of its variables.
    `    healthcheck: ${JSON.stringify({ test: test.map((word) => word.replaceAll('$', '$$$$')) })}`,
    '',
  ].join('\n')
}
