import { chown, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Docker from 'dockerode'
import { z } from 'zod'
import { writeAdmin } from '../../src/nginx/admin.ts'
import { writeGeneration } from '../../src/nginx/switch.ts'
import { nginxTraffic } from '../../src/nginx/traffic.ts'
import type { RoutingState, Traffic } from '../../src/release/ports.ts'
import { SLOTS, type Slot } from '../../src/release/slot.ts'
import { NGINX_PORTS } from '../../src/topology/addresses.ts'
import { nginxContainer } from '../nginx-container.ts'

const root = join(import.meta.dirname, '..', '..')
/** Another name, network and port let a second rig run beside it. */
const NAME = process.env.NGINX_TEST_NAME ?? 'synginx'
/** The first three numbers of all addresses. */
export const NETWORK = process.env.NGINX_TEST_NETWORK ?? '172.30.61'
const READY_WITHIN_MS = 15_000
const FIRST_PORT = Number(process.env.NGINX_TEST_PORT ?? 18610)
export const PORTS = { http: FIRST_PORT, primary: FIRST_PORT + 1, secondary: FIRST_PORT + 2 } as const

/** Debian and the official images alike: another image to try the same configuration on is named by NGINX_TEST_IMAGE. */
const NGINX_IMAGE = process.env.NGINX_TEST_IMAGE ?? 'switchyard-base/nginx'
const NODE_IMAGE = 'switchyard-base/node:26'

export type Answer = {
  httpStatus: number
  headers: NodeJS.Dict<string | string[]>
  body: string
  /** The body as it came, compressed or not. */
  bytes: Buffer
}

export type Ask = { method?: string; headers?: Record<string, string>; body?: string | Buffer; base?: string }

export type Edit = readonly [from: string, to: string]

export type Rig = {
  docker: Docker
  /** A copy of the project's nginx/, as the container sees it, with state/ beside it. */
  dir: string
  liveDir: string
  traffic: Traffic
  /** One request on a fresh connection; by default to nginx's public port by container address. */
  ask(path: string, options?: Ask): Promise<Answer>
  /** Writes the generation after the newest of this rig. Slots in `up` default to both. */
  route(next: Partial<Omit<RoutingState, 'generation'>>): Promise<RoutingState>
  /** Tells a slot how to answer a path (`ok`, a status, `hang`, `reset`); answers with how often it was asked. */
  steer(slot: Slot, path: string, status?: string): Promise<number>
  container(name: 'proxy' | Slot): Docker.Container
  /** Runs `during` with `from` replaced by `to` in one file of nginx/, reloaded before and put back after. */
  withEdit(file: string, edits: readonly Edit[], during: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

export const CONTAINER_FILTER = {
  label: [`com.docker.compose.project=${NAME}`, 'com.docker.compose.service=traffic_proxy'],
}
export const NGINX_ADDRESS = `${NETWORK}.2`
export const PUBLIC_URL = `http://${NETWORK}.2:8080`
export const INTERNAL_URL = `http://${NETWORK}.2:${NGINX_PORTS.admin}`
export const DEPLOYMENT_IDS = { primary: 'b1-aaaaaaa', secondary: 'b2-bbbbbbb' } as const
export const RELEASES = { primary: 1, secondary: 2 } as const

/** nginx with the project's own configuration and two real slots, on a network of their own, as the compose file sets them up. */
export async function startRig(): Promise<Rig> {
  const docker = new Docker()
  await sweep(docker)
  const dir = await mkdtemp(join(tmpdir(), `${NAME}-`))
  const liveDir = join(dir, 'nginx', 'live')
  await cp(join(root, 'nginx'), join(dir, 'nginx'), {
    recursive: true,
    filter: (path) => path !== join(root, 'nginx', 'live'),
  })
  await mkdir(join(dir, 'state', 'traffic'), { recursive: true })
  await mkdir(join(dir, 'state', 'assets'))
  await mkdir(liveDir)
  await chown(join(dir, 'state', 'traffic'), 1000, 1000)
  // The tests run on the host, which is the network's gateway.
  await writeAdmin(liveDir, { address: NGINX_ADDRESS, port: NGINX_PORTS.admin, allowed: [`${NETWORK}.1`] })
  await makeNetwork(docker)
  for (const slot of SLOTS) await runSlot(docker, slot)
  await runProxy(docker, dir)

  let generation = 0
  const rig: Rig = {
    docker,
    dir,
    liveDir,
    traffic: nginxTraffic({
      liveDir,
      publicUrl: new URL(PUBLIC_URL),
      internalUrl: new URL(INTERNAL_URL),
      docker,
      containerFilter: CONTAINER_FILTER,
    }),
    ask,
    async route(next) {
      generation = ((await rig.traffic.read())?.generation ?? generation) + 1
      const state: RoutingState = { ...DEFAULTS, ...next, generation }
      await writeGeneration(liveDir, state)
      return state
    },
    steer,
    container: (name) => docker.getContainer(`${NAME}-${name}`),
    async withEdit(file, edits, during) {
      const path = join(dir, 'nginx', file)
      const text = await readFile(path, 'utf8')
      try {
        await writeFile(path, edits.reduce(replaced, text))
        await rig.traffic.reload(AbortSignal.timeout(READY_WITHIN_MS))
        await during()
      } finally {
        await writeFile(path, text)
        await rig.traffic.reload(AbortSignal.timeout(READY_WITHIN_MS))
      }
    },
    async stop() {
      await sweep(docker)
      await rm(dir, { recursive: true, force: true })
    },
  }
  await until('the slots and nginx answer', async () => {
    const slots = await Promise.all(SLOTS.map((slot) => ask('/x', { base: slotUrl(slot) })))
    return slots.every((answer) => answer.httpStatus === 200) && (await ask('/x')).httpStatus === 503
  })
  return rig
}

/** An edit that finds nothing would leave a test that shows nothing. */
function replaced(text: string, [from, to]: Edit): string {
  if (!text.includes(from)) throw new Error(`There is no "${from}" to replace.`)
  return text.replaceAll(from, to)
}

const DEFAULTS: Omit<RoutingState, 'generation'> = {
  live: 'primary',
  up: [...SLOTS],
  shares: {},
  pins: [],
  console: null,
  barred: [],
  release: 1,
}

/** Polls until `isSo`; an error while polling means not yet. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  let last: unknown
  while (Date.now() < deadline) {
    const answer = await isSo().catch((error: unknown) => {
      last = error
      return false
    })
    if (answer) return
    await pause(25)
  }
  throw new Error(`It never came to be that ${what}.`, { cause: last })
}

export function slotUrl(slot: Slot): string {
  return `http://${NETWORK}.${slot === 'primary' ? 11 : 12}:3000`
}

function ask(
  path: string,
  { method = 'GET', headers = {}, body, base = PUBLIC_URL }: Ask = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Not through URL, which would tidy the path up.
    const { hostname, port } = new URL(base)
    const outgoing = request(
      {
        ...{ hostname, port, path, method, headers, agent: false, maxHeaderSize: 256 * 1024 },
        signal: AbortSignal.timeout(30_000),
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const { statusCode, headers: answered } = incoming
          resolve({ httpStatus: statusCode ?? 0, headers: answered, body: bytes.toString('utf8'), bytes })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** What a shell in nginx's container writes. */
export async function runInProxy(rig: Rig, script: string): Promise<string> {
  const run = await rig.container('proxy').exec({ Cmd: ['sh', '-c', script], AttachStdout: true, Tty: true })
  let output = ''
  for await (const chunk of await run.start({ Tty: true })) output += chunk
  return output
}

/** One request from within a slot's container, which is neither the director nor the host. */
export async function askFrom(
  rig: Rig,
  slot: Slot,
  path: string,
  { method = 'GET', headers = {}, base = PUBLIC_URL }: Omit<Ask, 'body'> = {},
): Promise<{ status: number; body: string }> {
  const script = `fetch(${JSON.stringify(`${base}${path}`)}, ${JSON.stringify({ method, headers })})
    .then(async (answer) => console.log(JSON.stringify({ status: answer.status, body: await answer.text() })))`
  const run = await rig.container(slot).exec({ Cmd: ['node', '-e', script], AttachStdout: true, Tty: true })
  let output = ''
  for await (const chunk of await run.start({ Tty: true })) output += chunk
  return answerSchema.parse(JSON.parse(output))
}

const answerSchema = z.object({ status: z.number(), body: z.string() })

async function steer(slot: Slot, path: string, status = ''): Promise<number> {
  const query = new URLSearchParams({ path, status })
  const { body } = await ask(`/_fixture?${query}`, { method: 'POST', base: slotUrl(slot) })
  return Number(JSON.parse(body).count)
}

async function makeNetwork(docker: Docker): Promise<void> {
  await docker.createNetwork({
    Name: `${NAME}-network`,
    Driver: 'bridge',
    IPAM: {
      Config: [{ Subnet: `${NETWORK}.0/24`, IPRange: `${NETWORK}.128/25`, Gateway: `${NETWORK}.1` }],
    },
  })
}

async function runSlot(docker: Docker, slot: Slot): Promise<void> {
  const container = await docker.createContainer({
    name: `${NAME}-${slot}`,
    Image: NODE_IMAGE,
    // As the compose file has it for a slot.
    Cmd: ['node', '--max-http-header-size=278528', '/fixtures/steerable-slot.mjs'],
    User: '1000:1000',
    Env: [
      `SLOT=${slot}`,
      `SWITCHYARD_RELEASE=${RELEASES[slot]}`,
      `SWITCHYARD_DEPLOYMENT_ID=${DEPLOYMENT_IDS[slot]}`,
      'NODE_OPTIONS=--require /preload/main.cjs',
    ],
    ExposedPorts: { '3000/tcp': {} },
    HostConfig: {
      Init: true,
      RestartPolicy: { Name: 'always' },
      Binds: [
        `${join(root, 'test', 'fixtures')}:/fixtures:ro`,
        `${join(root, 'src', 'workload', 'preload')}:/preload:ro`,
      ],
      PortBindings: { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(PORTS[slot]) }] },
    },
    NetworkingConfig: at(slot === 'primary' ? 11 : 12),
  })
  await container.start()
}

async function runProxy(docker: Docker, dir: string): Promise<void> {
  const hosts = [`slot-primary:${NETWORK}.11`, `slot-secondary:${NETWORK}.12`]
  const { HostConfig, ...options } = nginxContainer(dir, NGINX_IMAGE, hosts)
  const container = await docker.createContainer({
    ...options,
    name: `${NAME}-proxy`,
    Labels: { 'com.docker.compose.project': NAME, 'com.docker.compose.service': 'traffic_proxy' },
    ExposedPorts: { '8080/tcp': {} },
    HostConfig: {
      ...HostConfig,
      RestartPolicy: { Name: 'always' },
      // What Docker 29 and later begin with; the container may ask for more.
      Ulimits: [{ Name: 'nofile', Soft: 1_024, Hard: 16_384 }],
      PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(PORTS.http) }] },
    },
    NetworkingConfig: at(2),
  })
  await container.start()
}

function at(host: number): Docker.ContainerCreateOptions['NetworkingConfig'] {
  return { EndpointsConfig: { [`${NAME}-network`]: { IPAMConfig: { IPv4Address: `${NETWORK}.${host}` } } } }
}

async function sweep(docker: Docker): Promise<void> {
  const found = await docker.listContainers({ all: true, filters: { name: [`^/${NAME}-`] } })
  for (const { Id } of found) await docker.getContainer(Id).remove({ force: true, v: true })
  const networks = await docker.listNetworks({ filters: { name: [`^${NAME}-network$`] } })
  for (const { Id } of networks) await docker.getNetwork(Id).remove()
}
