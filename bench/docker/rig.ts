import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { SLOTS, type Slot } from '../../src/release/slot.ts'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { until } from '../../test/engine/until.ts'

const root = join(import.meta.dirname, '..', '..')
const NAME = 'sybench-tiny'
const PREFIX = '172.30.70'
const READY_WITHIN_MS = 20_000

/** Where the slots of the rig answer on the host, for ways that reach them through published ports. */
export const PUBLISHED_PORTS = { primary: 18701, secondary: 18702 } as const

export type ProxyOptions = {
  /** Distinguishes proxies that run at once; the last part of the address too. */
  name: string
  host: number
  container: Docker.ContainerCreateOptions
}

/** A network of its own with two tiny slots on fixed addresses, and a directory that ends with it. */
export type Rig = {
  docker: Docker
  dir: string
  gateway: string
  /** Of a proxy that is started as `host`. */
  addressOf(host: number): string
  slotAddress(slot: Slot): string
  slotUrl(slot: Slot): URL
  startSlot(slot: Slot): Promise<void>
  /** `docker stop -t GRACE`: SIGTERM, then SIGKILL. */
  stopSlot(slot: Slot, graceSeconds: number): Promise<void>
  isRunning(slot: Slot): Promise<boolean>
  /** Answers with the container and its address. */
  startProxy(options: ProxyOptions): Promise<{ container: Docker.Container; address: string }>
  /** Runs on the same network to its end: options for `runIn`. */
  beside: Docker.ContainerCreateOptions
  stop(): Promise<void>
}

/** Nothing of it is left where it does not come up. */
export async function startRig({ publishesSlots = false } = {}): Promise<Rig> {
  const docker = new Docker()
  await sweep(docker)
  const dir = await mkdtemp(join(tmpdir(), `${NAME}-`))
  const stop = async () => {
    await sweep(docker)
    await rm(dir, { recursive: true, force: true })
  }
  try {
    return { ...(await bringUp(docker, publishesSlots)), dir, stop }
  } catch (cause) {
    await stop()
    throw cause
  }
}

async function bringUp(docker: Docker, publishesSlots: boolean): Promise<Omit<Rig, 'dir' | 'stop'>> {
  await docker.createNetwork({
    Name: NAME,
    Driver: 'bridge',
    IPAM: {
      Config: [{ Subnet: `${PREFIX}.0/24`, IPRange: `${PREFIX}.128/25`, Gateway: `${PREFIX}.1` }],
    },
  })
  const container = (name: string) => docker.getContainer(`${NAME}-${name}`)
  const slotAddress = (slot: Slot) => `${PREFIX}.${slot === 'primary' ? 11 : 12}`
  const slotUrl = (slot: Slot) => new URL(`http://${slotAddress(slot)}:3000`)
  const startSlot = async (slot: Slot) => {
    await container(slot).start()
    await until(`the ${slot} slot answers`, READY_WITHIN_MS, async () =>
      (await fetch(new URL('/api/system/status', slotUrl(slot)))).ok ? true : null,
    )
  }
  for (const slot of SLOTS) await createSlot(docker, slot, publishesSlots)
  for (const slot of SLOTS) await startSlot(slot)
  return {
    docker,
    gateway: `${PREFIX}.1`,
    addressOf: (host) => `${PREFIX}.${host}`,
    slotAddress,
    slotUrl,
    startSlot,
    stopSlot: async (slot, graceSeconds) => {
      await container(slot).stop({ t: graceSeconds })
    },
    isRunning: async (slot) => (await container(slot).inspect()).State.Running,
    startProxy: async ({ name, host, container: options }) => {
      const started = await docker.createContainer({
        ...options,
        name: `${NAME}-${name}`,
        NetworkingConfig: at(host),
      })
      await started.start()
      return { container: started, address: `${PREFIX}.${host}` }
    },
    beside: { HostConfig: { NetworkMode: NAME } },
  }
}

async function createSlot(docker: Docker, slot: Slot, isPublished: boolean): Promise<void> {
  await docker.createContainer({
    name: `${NAME}-${slot}`,
    Image: MADE_IMAGES.node,
    Cmd: ['node', '/slot/slot.mjs'],
    User: '1000:1000',
    Env: [`SLOT=${slot}`, `SWITCHYARD_RELEASE=${slot === 'primary' ? 1 : 2}`],
    ExposedPorts: { '3000/tcp': {} },
    HostConfig: {
      Init: true,
      Binds: [
        `${join(root, 'bench', 'slot')}:/slot:ro`,
        `${join(root, 'node_modules', 'ws')}:/node_modules/ws:ro`,
      ],
      PortBindings: isPublished ? { '3000/tcp': [{ HostPort: String(PUBLISHED_PORTS[slot]) }] } : {},
    },
    NetworkingConfig: at(slot === 'primary' ? 11 : 12),
  })
}

function at(host: number): Docker.ContainerCreateOptions['NetworkingConfig'] {
  return { EndpointsConfig: { [NAME]: { IPAMConfig: { IPv4Address: `${PREFIX}.${host}` } } } }
}

async function sweep(docker: Docker): Promise<void> {
  const found = await docker.listContainers({ all: true, filters: { name: [`^/${NAME}-`] } })
  for (const { Id } of found) await docker.getContainer(Id).remove({ force: true, v: true })
  const networks = await docker.listNetworks({ filters: { name: [`^${NAME}$`] } })
  for (const { Id } of networks) await docker.getNetwork(Id).remove()
}
