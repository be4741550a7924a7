import { chown, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { slotHealth } from '../../src/health/slot-health.ts'
import { writeAdmin } from '../../src/nginx/admin.ts'
import { nginxTraffic } from '../../src/nginx/traffic.ts'
import { drainSlot } from '../../src/release/drain.ts'
import type { RoutingState, Traffic } from '../../src/release/ports.ts'
import { NO_ROUTING } from '../../src/release/routing.ts'
import { SLOTS, type Slot } from '../../src/release/slot.ts'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { NGINX_PORTS } from '../../src/topology/addresses.ts'
import { nginxContainer } from '../../test/nginx-container.ts'
import type { Rig } from '../docker/rig.ts'
import { GRACE_SECONDS, type Rival } from './rival.ts'

const root = join(import.meta.dirname, '..', '..')
const PLAIN_LISTENER = 'listen 8080 default_server backlog=4096;'
const TLS_LISTENER = [
  'listen 8443 ssl http2 default_server;',
  'ssl_certificate /etc/sybench/tls.crt;',
  'ssl_certificate_key /etc/sybench/tls.key;',
].join('\n    ')

/** As the settings' defaults say. */
const DRAIN_CAP_MS = 60_000
const RELEASES = { primary: 1, secondary: 2 } as const

/** The repository's own nginx/ and the director's own adapter for it. The one thing added is a listener for TLS. */
export const switchyard: Rival = {
  name: 'Switchyard',
  publishesSlots: false,
  stopsBefore: true,
  start: async (rig, tlsDir, host = 2) => {
    const name = `switchyard-${host}`
    const dir = join(rig.dir, name)
    const liveDir = join(dir, 'nginx', 'live')
    await layOut(dir, liveDir, rig.addressOf(host), rig.gateway)
    const { address } = await rig.startProxy({ name, host, container: proxyContainer(rig, dir, tlsDir) })
    const traffic = nginxTraffic({
      liveDir,
      publicUrl: new URL(`http://${address}:8080`),
      internalUrl: new URL(`http://${address}:${NGINX_PORTS.admin}`),
      docker: rig.docker,
      containerFilter: { label: [] },
    })
    const route = async (live: Slot, up: readonly Slot[] = SLOTS): Promise<RoutingState> => {
      const before = await traffic.read()
      const generation = (before?.generation ?? 0) + 1
      const next = { ...NO_ROUTING, generation, live, up, release: RELEASES[live] }
      await traffic.write(next)
      return next
    }
    let routing = await route('primary')
    const flip = async (to: Slot) => {
      routing = await route(to)
    }
    const confirm = async (slot: Slot, signal: AbortSignal) => {
      const { generation } = routing
      await traffic.confirm({ generation, slot, release: RELEASES[slot], health: 'operational' }, signal)
    }
    await confirm('primary', AbortSignal.timeout(20_000))
    return {
      address: { host: address, httpPort: 8080, tlsPort: 8443 },
      liveDir,
      flip,
      confirm,
      release: async (to, signal) => {
        await reuse(rig, traffic, to, signal)
        await flip(to)
        await confirm(to, signal)
      },
    }
  },
}

async function layOut(dir: string, liveDir: string, address: string, gateway: string): Promise<void> {
  await cp(join(root, 'nginx'), join(dir, 'nginx'), {
    recursive: true,
    filter: (path) => path !== join(root, 'nginx', 'live'),
  })
  await addTls(join(dir, 'nginx', 'proxy.conf'))
  for (const part of ['assets', 'traffic']) await mkdir(join(dir, 'state', part), { recursive: true })
  await chown(join(dir, 'state', 'traffic'), 1000, 1000)
  await writeAdmin(liveDir, { address, port: NGINX_PORTS.admin, allowed: [gateway] })
}

async function addTls(path: string): Promise<void> {
  const parts = (await readFile(path, 'utf8')).split(PLAIN_LISTENER)
  if (parts.length !== 2) throw new Error(`nginx/proxy.conf has no single line "${PLAIN_LISTENER}".`)
  await writeFile(path, parts.join(`${PLAIN_LISTENER}\n    ${TLS_LISTENER}`))
}

function proxyContainer(rig: Rig, dir: string, tlsDir: string) {
  const hosts = SLOTS.map((slot) => `slot-${slot}:${rig.slotAddress(slot)}`)
  const { HostConfig, ...options } = nginxContainer(dir, MADE_IMAGES.nginx, hosts)
  return {
    ...options,
    HostConfig: { ...HostConfig, Binds: [...(HostConfig.Binds ?? []), `${tlsDir}:/etc/sybench:ro`] },
  }
}

/** The engine's own order: drained first, told to stop, started anew, healthy. */
async function reuse(rig: Rig, traffic: Traffic, slot: Slot, signal: AbortSignal): Promise<void> {
  await drainSlot(
    {
      traffic,
      health: slotHealth({ addressOf: rig.slotAddress }),
      slots: {
        inspect: async () => null,
        stop: (which, _log, _signal, graceMs = GRACE_SECONDS * 1_000) => rig.stopSlot(which, graceMs / 1_000),
      },
      settings: { drainCapMs: DRAIN_CAP_MS },
    },
    slot,
    RELEASES[slot],
    () => undefined,
    signal,
  )
  if (await rig.isRunning(slot)) await rig.stopSlot(slot, GRACE_SECONDS)
  await rig.startSlot(slot)
}
