import { execFileSync, spawn } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { until } from '../engine/until.ts'

/** A machine within this one: processes, mounts, network and `/run` of its own, the same files. */
export type Machine = {
  /** Its address, from here and from within. */
  address: string
  /** The argv that runs `argv` on it, in `cwd`. */
  enter(argv: readonly string[], cwd: string): string[]
  /** As if its plug were pulled: every process on it is gone, at once and together. */
  cutPower(): Promise<void>
}

export type MachineOptions = {
  name: string
  /** Three numbers of a /24 that nothing here uses; this machine is `.1` in it, the other `.2`. */
  subnet: string
}

const START_DEADLINE_MS = 10_000
const END_DEADLINE_MS = 20_000

/** The last program is its init, which outlives everything, collects what is orphaned, and whose end ends all. */
const INIT =
  'mount -t tmpfs -o mode=755 tmpfs /run && ip link set lo up && exec docker-init -s -- sleep infinity'

/** Needs root, util-linux, iproute2 and Docker's own init. Fails in the words of whichever refuses. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  await endMachine(options)
  const pid = await startInit(options)
  connect(pid, options)
  return {
    address: `${options.subnet}.2`,
    enter: (argv, cwd) => [...enterArgv(pid), '--', 'env', '-C', cwd, ...argv],
    cutPower: () => endMachine(options),
  }
}

/** Ends the machine of this name, whoever started it; when it returns nothing of it is left. */
export async function endMachine({ name, subnet }: MachineOptions): Promise<void> {
  for (const outer of outersOf(name)) {
    const all = [outer, ...childrenOf(outer)]
    process.kill(outer, 'SIGKILL')
    await until(`the processes of ${name} are gone`, END_DEADLINE_MS, async () =>
      all.some(isRunning) ? null : true,
    )
  }
  await until(`the network of ${name} is gone`, END_DEADLINE_MS, async () =>
    existsSync(join('/sys/class/net', deviceOf(subnet))) ? null : true,
  )
  for (const top of globSync(`/sys/fs/cgroup/{,*/}${name}`)) removeGroups(top)
}

/** The machine's init by its number here. Its parent, `unshare`, takes it along when it dies. */
async function startInit({ name }: MachineOptions): Promise<number> {
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']
  const argv = [...namespaces, '--propagation', 'private', 'sh', '-c', INIT, markOf(name)]
  const outer = spawn('unshare', argv, { detached: true, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
  let refusal = ''
  outer.stderr.setEncoding('utf8').on('data', (words: string) => {
    refusal += words
  })
  const ended = new Promise<never>((_, reject) => {
    outer.once('error', reject)
    outer.once('close', () => reject(new Error(`No namespaces: ${refusal}`)))
  })
  const started = until(`the init of ${name} runs`, START_DEADLINE_MS, async () => {
    const [child] = outer.pid === undefined ? [] : childrenOf(outer.pid)
    return child !== undefined && nameOf(child) === 'docker-init' ? child : null
  })
  const pid = await Promise.race([started, ended])
  // Its later end is wished for.
  ended.catch(() => undefined)
  outer.unref()
  outer.stderr.destroy()
  return pid
}

/** A wire between here and there. No route leads further, so nothing there reaches or disturbs another network. */
function connect(pid: number, { subnet }: MachineOptions): void {
  const device = deviceOf(subnet)
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ipThere = (...args: string[]) => {
    const [program = '', ...rest] = [...enterArgv(pid), '--', 'ip', ...args]
    execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid))
  ip('address', 'add', `${subnet}.1/24`, 'dev', device)
  ip('link', 'set', device, 'up')
  ipThere('address', 'add', `${subnet}.2/24`, 'dev', 'eth0')
  ipThere('link', 'set', 'eth0', 'up')
}

const enterArgv = (pid: number): string[] => ['nsenter', `--target=${pid}`, '--mount', '--net', '--pid']

const markOf = (name: string): string => `switchyard-machine:${name}`

/** A device's name may have 15 characters. */
const deviceOf = (subnet: string): string => `sy${subnet.replaceAll('.', '')}`

function outersOf(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      const argv = readIfThere(`/proc/${pid}/cmdline`).split('\0')
      return basename(argv[0] ?? '') === 'unshare' && argv.includes(markOf(name))
    })
    .map(Number)
}

/** Child processes by their numbers here. */
export function childrenOf(pid: number): number[] {
  return readIfThere(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
}

const nameOf = (pid: number): string => readIfThere(`/proc/${pid}/comm`).trim()

/** A process that nobody has collected yet is as good as gone. */
function isRunning(pid: number): boolean {
  const state = /^State:\s+(\S)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // A process may end between two looks; then it has nothing to say.
    return ''
  }
}

function removeGroups(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroups(join(path, entry.name))
  }
  rmdirSync(path)
}
