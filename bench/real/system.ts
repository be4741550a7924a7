import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { acceptedSchema, type SystemStatus, systemStatusSchema } from '../../src/director/protocol.ts'
import { type Release, releaseSchema, type Source } from '../../src/release/release.ts'
import type { Slot } from '../../src/release/slot.ts'
import { addressOf } from '../../src/topology/addresses.ts'
import { freshSystem, sharePackages, systemAt, type TestSystem } from '../../test/system/system.ts'
import type { BenchContext } from '../group.ts'

/** A whole Switchyard with real Next builds, beside any live one. */
export const OPTIONS = {
  ...{ name: 'sybenchreal', httpPort: 18_750, networkPrefix: '172.30.78' },
  // A slot that is loaded past what it sustains, and not by way of nginx, would look like one that is down.
  settings: { FAILOVER_SECONDS: '0' },
} as const
const RELEASE_DEADLINE_MS = 6 * 60_000
const POLL_MS = 100

/** The one system of all groups with real builds, so that they share the few builds that a run has time for. */
export type RealSystem = {
  system: TestSystem
  /** Images of the releases so far, oldest first; each is another build. */
  images: string[]
  status(): Promise<SystemStatus>
  /** nginx's own address, past Docker's relay of published ports. */
  nginxUrl: string
  /** The slot's own address, past nginx and past Docker's relay of published ports. */
  addressOf(slot: Slot): string
  /** Changes the page and releases the working tree: a real `next build`. */
  build(): Promise<Release>
  /** Releases an image of an earlier release: everything but the build. */
  redeploy(image: string): Promise<Release>
  rollback(): Promise<Release>
  /** Has these settings, and the defaults for all others, applied by `npm run up`. */
  settle(settings: Readonly<Record<string, string>>): Promise<void>
}

let started: Promise<RealSystem> | null = null

/** Brings the system up once a process; it goes when the process has nothing more to do. */
export function realSystem(context: BenchContext): Promise<RealSystem> {
  started ??= bringUp(context)
  return started
}

async function bringUp({ log, signal }: BenchContext): Promise<RealSystem> {
  const isKept = process.env.KEEP_SYSTEM === '1'
  // Before anything is started: what comes up only by half is swept too.
  if (!isKept) process.once('beforeExit', () => void systemAt(OPTIONS).sweep())
  const system = isKept && (await answers()) ? systemAt(OPTIONS) : await fresh(log)
  const real = joined(system, signal)
  const { releases } = await system.director.call(
    z.object({ releases: z.array(releaseSchema) }),
    '/v1/releases?limit=100',
  )
  for (const { build } of releases.toReversed()) {
    if (build && !real.images.includes(build.image)) real.images.push(build.image)
  }
  return real
}

async function answers(): Promise<boolean> {
  const { director } = systemAt(OPTIONS)
  return director.raw('/v1/ping').then(
    ({ ok }) => ok,
    () => false,
  )
}

async function fresh(log: (text: string) => void): Promise<TestSystem> {
  log('A system with a real Next build is brought up.')
  const system = await freshSystem(OPTIONS)
  sharePackages(system)
  await up(system)
  return system
}

async function up(system: TestSystem, settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const { code, output } = await system.run('npm', ['run', 'up', '--', '--yes'], { ...settings })
  if (code !== 0) throw new Error(`npm run up ended with ${code}: ${output}`)
}

function joined(system: TestSystem, signal: AbortSignal): RealSystem {
  const images: string[] = []
  const status = () => system.director.call(systemStatusSchema, '/v1/status')
  const run = async (verb: 'deploy' | 'rollback', body: unknown): Promise<Release> => {
    const { release } = await system.director.call(acceptedSchema, `/v1/${verb}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return ended(system, release.id, signal)
  }
  const deploy = async (source: Source): Promise<Release> => {
    // The rollbacks before it froze deploys by machines.
    const { freeze } = await status()
    const despite = freeze === null ? {} : { despiteFreeze: freeze.at }
    const release = await run('deploy', { source, ...despite })
    if (release.build && !images.includes(release.build.image)) images.push(release.build.image)
    return release
  }
  return {
    system,
    images,
    status,
    nginxUrl: `http://${addressOf(system.prefixes, 'nginx')}:8080`,
    addressOf: (slot) => `http://${addressOf(system.prefixes, slot)}:3000`,
    build: () => {
      changePage(system.dir)
      return deploy({ kind: 'tree' })
    },
    redeploy: (image) => deploy({ kind: 'image', image, hasConsole: true }),
    rollback: () => run('rollback', {}),
    settle: (settings) => up(system, settings),
  }
}

/** Waits for the end of a release. Throws its own words where it did not go live. */
async function ended(system: TestSystem, id: number, signal: AbortSignal): Promise<Release> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(RELEASE_DEADLINE_MS)])
  while (true) {
    const release = await system.director.call(releaseSchema, `/v1/releases/${id}`)
    const isOver = release.steps.every(({ state }) => state !== 'running')
    if (release.state === 'live' && isOver) return release
    if (release.state === 'failed' || release.state === 'aborted')
      throw new Error(`Release ${id} ${release.state}: ${release.error?.what} ${release.error?.detail ?? ''}`)
    await delay(POLL_MS, undefined, { signal: deadline })
  }
}

/** Words that make each build another one: page, action and chunk say which. */
function changePage(dir: string): void {
  const path = join(dir, 'src/app/(site)/page.tsx')
  const before = readFileSync(path, 'utf8')
  const after = before.replace(/served this page( \w+)? from/, () => `served this page ${word()} from`)
  if (after === before) throw new Error('The page has not the words that were to be changed.')
  writeFileSync(path, after)
}

const word = (): string => `anew${Date.now().toString(36)}`
