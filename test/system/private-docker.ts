import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { until } from '../engine/until.ts'
import { bringSystemImages, removeDirectorImages } from './bring-images.ts'
import { childrenOf, endMachine, type Machine, type MachineOptions, startMachine } from './namespaces.ts'
import type { Place } from './place.ts'
import { hostPrefix, type TestSystem } from './system.ts'

/**
 * A Docker daemon that a test may kill, on a machine of its own within this one (see `namespaces.ts`): its
 * `/var/run/docker.sock` is the private daemon's, so the whole product runs there as it is. This machine's own daemon
 * is asked for images and for nothing else.
 */
export type PrivateDocker = {
  /** For `freshSystem` and `engineSystem`. The project directory is the same one on both sides, its sockets too. */
  place: Place
  /** Brings everything that set-up needs where no registry can be reached; `beforeSetUp` of `engineSystem`. */
  bringImages(system: TestSystem): Promise<void>
  /** Starts the daemon that does not run, and waits until it answers. A setting overrides the rig's in `daemon.json`. */
  startDaemon(settings?: Readonly<Record<string, unknown>>): Promise<void>
  /** SIGKILL, as a crash is: containers run on without a daemon. */
  killDaemon(): Promise<void>
  /** SIGTERM, as `systemctl stop` does: the daemon stops its containers, unless `live-restore` is set. */
  stopDaemon(): Promise<void>
  /** As if the machine lost power: daemon and containers are gone, the disk stays. `boot` is what comes after. */
  cutPower(): Promise<void>
  boot(settings?: Readonly<Record<string, unknown>>): Promise<void>
  /** What the daemon wrote. */
  daemonLog(): string
  /** Ends everything and removes it, the directory of the system that ran there too. */
  end(): Promise<void>
}

/** `name` is the system's own too. */
export type PrivateDockerOptions = MachineOptions

const ANSWER_DEADLINE_MS = 30_000
const STOP_DEADLINE_MS = 60_000
/** Images in memory: loading them is quicker, and nothing is left of them when the mount goes. */
const DISK_SIZE = '4g'

/** Sweeps what an earlier run left, then starts machine and daemon. */
export async function privateDocker(options: PrivateDockerOptions): Promise<PrivateDocker> {
  const dir = dirOf(options)
  await sweepPrivateDocker(options)
  mkdirSync(join(dir, 'data'), { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE},mode=711`, 'tmpfs', join(dir, 'data')])

  const docker = new Docker({ socketPath: join(dir, 'docker.sock') })
  let machine: Machine
  let daemon: ChildProcess | null = null

  const startDaemon: PrivateDocker['startDaemon'] = async (settings = {}) => {
    writeFileSync(
      join(dir, 'daemon.json'),
      JSON.stringify({ ...settingsOf(options.name, dir), ...settings }, null, 2),
    )
    const started = spawnDaemon(machine, dir)
    daemon = started
    await until('the private Docker daemon answers', ANSWER_DEADLINE_MS, () =>
      docker.ping().then(
        () => true,
        () => null,
      ),
    ).catch((cause) => {
      throw new Error(`The private Docker daemon did not start.\n${lastOf(dir)}`, { cause })
    })
  }
  const endDaemon = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const [pid] = daemon?.pid === undefined ? [] : childrenOf(daemon.pid)
    if (!daemon || pid === undefined) throw new Error('The private Docker daemon does not run.')
    const ended = once(daemon, 'exit', { signal: AbortSignal.timeout(STOP_DEADLINE_MS) })
    process.kill(pid, signal)
    await ended
  }
  const boot: PrivateDocker['boot'] = async (settings) => {
    machine = await startMachine(options)
    await startDaemon(settings)
  }
  await boot()
  return {
    place: {
      docker,
      address: `${options.subnet}.2`,
      within: (argv, cwd) => machine.enter(argv, cwd),
    },
    bringImages: (system) => bringSystemImages(docker, system),
    startDaemon,
    killDaemon: () => endDaemon('SIGKILL'),
    stopDaemon: () => endDaemon('SIGTERM'),
    cutPower: () => machine.cutPower(),
    boot,
    daemonLog: () => readFileSync(join(dir, 'dockerd.log'), 'utf8'),
    end: () => sweepPrivateDocker(options),
  }
}

function settingsOf(name: string, dir: string) {
  return {
    'data-root': join(dir, 'data'),
    // The second socket is for this process, which sees the same files but another /run.
    hosts: ['unix:///var/run/docker.sock', `unix://${join(dir, 'docker.sock')}`],
    'cgroup-parent': `/${name}`,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
  }
}

function spawnDaemon(machine: Machine, dir: string): ChildProcess {
  const [program = '', ...args] = machine.enter(['dockerd', '--config-file', join(dir, 'daemon.json')], '/')
  const log = openSync(join(dir, 'dockerd.log'), 'a')
  try {
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` }
    const daemon = spawn(program, args, { detached: true, stdio: ['ignore', log, log], env })
    daemon.unref()
    return daemon
  } finally {
    closeSync(log)
  }
}

function lastOf(dir: string): string {
  return readFileSync(join(dir, 'dockerd.log'), 'utf8').split('\n').slice(-15).join('\n')
}

const dirOf = ({ name }: PrivateDockerOptions): string => join('/var/tmp', `${name}-docker`)

/** Removes all of the machine of this name, whoever started it, and the directory of the system that ran there. */
export async function sweepPrivateDocker(options: PrivateDockerOptions): Promise<void> {
  await endMachine(options)
  const dir = dirOf(options)
  const data = join(dir, 'data')
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n').reverse()) {
    const [, target = ''] = line.split(' ')
    if (target === data || target.startsWith(`${data}/`)) execFileSync('umount', [target])
  }
  rmSync(dir, { recursive: true, force: true })
  const project = join(tmpdir(), options.name)
  for (const path of [project, hostPrefix(project)]) rmSync(path, { recursive: true, force: true })
  await removeDirectorImages(options.name)
}
