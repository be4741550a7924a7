import { networkInterfaces } from 'node:os'
import { z } from 'zod'
import { otherSlot, type Slot } from '../../src/release/slot.ts'
import type { TestSystem } from '../system/system.ts'

/** `open` is a connection that was taken, `answers` one on which a request was answered. */
export type Reached = Readonly<Record<string, 'answers' | 'open' | 'no'>>

const WITHIN_MS = 3_000

/** Runs in the slot's container: tries every target at once, and asks what opens for a page. */
const LOOK = `
const net = require('node:net')
const look = ({ host, port }) => new Promise((resolve) => {
  let state = 'no'
  const socket = net.connect({ host, port, timeout: ${WITHIN_MS} })
  const end = () => { socket.destroy(); resolve([host + ':' + port, state]) }
  socket.on('connect', () => { state = 'open'; socket.write('GET /alive HTTP/1.0\\r\\n\\r\\n') })
  socket.on('data', () => { state = 'answers'; end() })
  for (const event of ['error', 'timeout', 'close']) socket.on(event, end)
})
Promise.all(JSON.parse(process.argv[1]).map(look)).then((seen) => console.log(JSON.stringify(Object.fromEntries(seen))))
`

const reachedSchema = z.record(z.string(), z.enum(['answers', 'open', 'no']))

/** What a program in `slot` reaches of `targets`. */
export async function reachedFrom(
  system: TestSystem,
  slot: Slot,
  targets: readonly Target[],
): Promise<Reached> {
  const argv = ['node', '-e', LOOK, JSON.stringify(targets)]
  const { stdout, output } = await system.exec(`runtime_${slot}`, argv)
  if (stdout === '') throw new Error(`Nothing could be tried from ${slot}: ${output}`)
  return reachedSchema.parse(JSON.parse(stdout))
}

type Target = { host: string; port: number }

/** nginx's ports and what was one of them before, the published ports of the slots, and what a director might listen on. */
const PORTS = {
  nginx: [8080, 8081, 8082, 8083],
  slot: [3000],
  director: [80, 3000, 8080, 8443, 9229],
} as const

/**
 * All that is near `slot` and is not its own: the neighbour, nginx and the director at each of their addresses and by their
 * names, and both slots' published ports at each address of this machine, which are those of the networks' gateways too.
 */
export async function neighboursOf(system: TestSystem, slot: Slot): Promise<Target[]> {
  const published = [1, 2].map((more) => Number(new URL(system.url).port) + more)
  const here = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  const gateways = here.filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
  return [
    ...(await targetsIn(system, `runtime_${otherSlot(slot)}`, PORTS.slot)),
    ...(await targetsIn(system, 'traffic_proxy', PORTS.nginx)),
    ...(await targetsIn(system, 'director', PORTS.director)),
    ...gateways.flatMap(({ address }) => published.map((port) => ({ host: address, port }))),
  ]
}

async function targetsIn(system: TestSystem, service: string, ports: readonly number[]): Promise<Target[]> {
  const { NetworkSettings, Name } = await (await system.container(service)).inspect()
  const found = Object.values(NetworkSettings.Networks).flatMap(({ IPAddress, GlobalIPv6Address }) => [
    IPAddress,
    GlobalIPv6Address,
  ])
  const hosts = [...found.filter(Boolean), service, Name.slice(1)]
  return hosts.flatMap((host) => ports.map((port) => ({ host, port })))
}

/** The address of `service` on the network of `slot`. */
export async function addressNear(system: TestSystem, slot: Slot, service: string): Promise<string> {
  const { NetworkSettings } = await (await system.container(service)).inspect()
  return NetworkSettings.Networks[`${system.name}_to_${slot}`]?.IPAddress ?? ''
}

/** Runs in the slot's container: opens so many connections and holds them for a while. */
const FLOOD = `
const net = require('node:net')
const [host, port, count, ms] = JSON.parse(process.argv[1])
let open = 0
for (let at = 0; at < count; at++) net.connect({ host, port }).on('connect', () => open++).on('error', () => undefined)
setTimeout(() => { console.log(open); process.exit(0) }, ms)
`

/** How many of `count` idle connections from `slot` to `host` and `port` were taken within `ms`. */
export async function floodFrom(
  system: TestSystem,
  slot: Slot,
  { host, port, count, ms }: { host: string; port: number; count: number; ms: number },
): Promise<number> {
  const argv = ['node', '-e', FLOOD, JSON.stringify([host, port, count, ms])]
  const { stdout, output } = await system.exec(`runtime_${slot}`, argv)
  if (!/^\d+\s*$/.test(stdout)) throw new Error(`The flood from ${slot} could not be tried: ${output}`)
  return Number(stdout)
}
