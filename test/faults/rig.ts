import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { parseEnv } from '../../src/state/env-file.ts'
import { type EngineSystem, engineSystem } from '../engine/engine-system.ts'
import { buildSlotImage } from '../fixtures/slot-image.ts'
import { type PrivateDocker, privateDocker, sweepPrivateDocker } from '../system/private-docker.ts'
import { type Breakpoints, breakpointsIn } from './breakpoint.ts'
import { hashOf } from './cells.ts'
import { type Console, openConsole } from './console.ts'
import { mountSmallDisk, type SmallDisk, unmountBelow } from './disk.ts'
import { type Prober, startProber } from './prober.ts'

/** A whole system on a machine of its own, with a director that can be stopped at any point, and visitors. */
export type Rig = {
  system: EngineSystem
  machine: PrivateDocker
  docker: Docker
  breakpoints: Breakpoints
  disk: SmallDisk
  prober: Prober
  console: Console
  /** Builds that are on the machine, as tags: each has its own deployment id. */
  builds: readonly string[]
  /** The names of all containers of a sound machine. */
  wholeSet: readonly string[]
  /** The lines of the env file that set-up wrote and no release changes. */
  settings: ReadonlyMap<string, string>
  /** Moves the director's clock by so many seconds; nothing else sees it. */
  moveClock(seconds: number): void
  end(): Promise<void>
}

export type RigOptions = { name: string; subnet: string; networkPrefix: string; httpPort: number }

const SETTINGS = { HEALTH_DEADLINE_SECONDS: '8', DRAIN_CAP_SECONDS: '1', MIN_FREE_DISK: '1g' }
const VERSIONS = ['2.0.0', '3.0.0', '4.0.0']
const POINTS = '.faults'
const FAKETIME = '/usr/lib/*/faketime/libfaketime.so.1'

/** Rigs of one prefix differ by their number; those of two runs by the network that the prefix is given. */
export function rigOptions(prefix: string, number: number): RigOptions {
  const third = 10 * (hashOf(prefix) % 25) + number
  return {
    name: `${prefix}-${number}`,
    subnet: `198.19.${third}`,
    networkPrefix: '172.30.86',
    httpPort: 8_600,
  }
}

/** Machine, system and two builds, with the first one live. Takes about half a minute. */
export async function startRig(options: RigOptions): Promise<Rig> {
  const dir = join(tmpdir(), options.name)
  const home = `${dir}-disk`
  sweepMounts(options)
  const machine = await privateDocker(options)
  let disk: SmallDisk | undefined
  const system = await engineSystem({
    ...options,
    settings: SETTINGS,
    place: machine.place,
    beforeSetUp: async (copy) => {
      armDirector(copy.dir)
      disk = mountSmallDisk(copy.dir, home)
      // A machine sees what was mounted before it began.
      await machine.cutPower()
      await machine.boot()
      await machine.bringImages(copy)
    },
  })
  if (!disk) throw new Error('The small disk was not mounted.')
  const builds: string[] = []
  for (const version of VERSIONS) builds.push(await buildOf(machine.place.docker, options.name, version))
  const prober = startProber(system.url)
  return {
    system,
    machine,
    docker: machine.place.docker,
    breakpoints: breakpointsIn(join(dir, POINTS)),
    disk,
    prober,
    console: await openConsole(system),
    builds,
    wholeSet: (await machine.place.docker.listContainers({ all: true }))
      .map(({ Names }) => Names[0] ?? '?')
      .toSorted(),
    settings: settingsOf(dir),
    moveClock: (seconds) =>
      writeFileSync(join(dir, POINTS, 'clock'), `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`),
    end: async () => {
      await prober.stop()
      await system.director.close()
      await sweepRig(options)
    },
  }
}

const RELEASE_LINES = /^(LIVE_SLOT|(PRIMARY|SECONDARY)_(IMAGE|RELEASE))$/

function settingsOf(dir: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(dir, 'state/deployment_state.env'), 'utf8')
  return new Map([...parseEnv(text)].filter(([name]) => !RELEASE_LINES.test(name)))
}

/** Without the project's label, so that the director may not prune what it has not released yet. */
async function buildOf(docker: Docker, name: string, version: string): Promise<string> {
  const tag = `${name}-slot:${version}`
  await buildSlotImage(docker, { tag, version, deploymentId: version.replaceAll('.', '-') })
  return tag
}

/** Removes all that a rig of this name left behind, whoever started it. */
export async function sweepRig(options: RigOptions): Promise<void> {
  sweepMounts(options)
  await sweepPrivateDocker(options)
}

function sweepMounts({ name }: RigOptions): void {
  const dir = join(tmpdir(), name)
  unmountBelow(dir, `${dir}-disk`)
  rmSync(`${dir}-disk`, { recursive: true, force: true })
}

/**
 * Gives the director of this copy the breakpoints, and a wall clock that can be moved: Debian's libfaketime, which leaves
 * the monotonic clock and the times of files as they are.
 */
function armDirector(dir: string): void {
  const points = join(dir, POINTS)
  mkdirSync(points, { recursive: true })
  writeFileSync(join(points, 'clock'), '+0\n')
  const [library] = globSync(FAKETIME)
  if (!library) throw new Error('libfaketime is not installed (Debian: apt-get install libfaketime).')
  cpSync(library, join(points, 'libfaketime.so.1'))
  const variables = {
    NODE_OPTIONS: `--import=${join(dir, 'test/faults/breakpoints.ts')}`,
    FAULT_POINTS: points,
    LD_PRELOAD: join(points, 'libfaketime.so.1'),
    FAKETIME_TIMESTAMP_FILE: join(points, 'clock'),
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  }
  const path = join(dir, 'docker-compose.release.yml')
  // biome-ignore lint/suspicious/noTemplateCurlyInString: compose expands it
  const anchor = '      SWITCHYARD_DIR: ${SWITCHYARD_DIR:-}\n'
  const text = readFileSync(path, 'utf8')
  if (!text.includes(anchor)) throw new Error(`${path} gives the director no SWITCHYARD_DIR any more.`)
  const lines = Object.entries(variables).map(([name, value]) => `      ${name}: "${value}"\n`)
  // Where a cgroup has a limit, Docker may give none above it to what it starts there.
  const unlimited = text.replaceAll(/^ +cpus: .*\n/gm, '')
  writeFileSync(path, unlimited.replace(anchor, anchor + lines.join('')))
}

/** The rigs of this prefix that are there now, by the directories that they leave. */
export function leftNumbers(prefix: string): number[] {
  const paths = globSync([join(tmpdir(), `${prefix}-*`), `/var/tmp/${prefix}-*-docker`])
  const numbers = paths.map((path) => Number(new RegExp(`${prefix}-(\\d+)`).exec(path)?.[1] ?? Number.NaN))
  return [...new Set(numbers.filter(Number.isInteger))]
}
