import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import { type DirectorClient, directorClient } from '../../src/director/client.ts'
import { removePackages } from '../../src/docker/building/packages.ts'
import type { Prefixes } from '../../src/topology/networks.ts'
import { type Place, thisMachine } from './place.ts'

const root = join(import.meta.dirname, '..', '..')
const SWEEP_DEADLINE_MS = 60_000

export type SystemOptions = {
  /** Also the compose project's name and the prefix of its containers. */
  name: string
  /** The site's port; the slots get the next two. */
  httpPort: number
  networkPrefix: string
  settings?: Record<string, string>
  /** The commit of this repository that is copied, and not the working tree. */
  commit?: string
  /** This machine, if it isn't said. */
  place?: Place
}

/** `output` is both streams as they came, for people; `stdout` is for machines. */
export type Ended = { code: number; output: string; stdout: string }

export type TestSystem = {
  dir: string
  url: string
  name: string
  /** Of its networks, unless its settings say others. */
  prefixes: Prefixes
  director: DirectorClient
  /** Runs a program in the project directory; its output is shown, and answered. */
  run(program: string, args: string[], env?: Record<string, string>): Promise<Ended>
  /** Runs the CLI, as `npx switchyard ARGS` does. */
  cli(...args: string[]): Promise<Ended>
  container(service: string): Promise<Docker.Container>
  /** Runs a program inside the container of a service. */
  exec(service: string, argv: string[]): Promise<Ended>
  sweep(): Promise<void>
}

/** A whole Switchyard of its own: a fresh copy of this repository as a git clone would be, beside any live system. */
export async function freshSystem(options: SystemOptions): Promise<TestSystem> {
  const system = systemAt(options)
  await system.sweep()
  if (options.commit === undefined) copyWorkingTree(system.dir)
  else copyCommit(system.dir, options.commit)
  git(system.dir, 'init', '-q', '-b', 'main')
  commitAll(system.dir, 'The first build')
  return system
}

/** The same system, as another process left it. */
export function systemAt(options: SystemOptions): TestSystem {
  const { name, httpPort, networkPrefix, settings = {}, place = thisMachine } = options
  const dir = join(tmpdir(), name)
  const prefixes = {
    control: networkPrefix,
    primary: networkPrefix.replace(/^\d+\.\d+/, '10.230'),
    secondary: networkPrefix.replace(/^\d+\.\d+/, '10.231'),
  }
  const env = {
    ...process.env,
    COMPOSE_PROJECT_NAME: name,
    CONTAINER_PREFIX: `${name}-`,
    HTTP_PORT: String(httpPort),
    PRIMARY_PORT: String(httpPort + 1),
    SECONDARY_PORT: String(httpPort + 2),
    NETWORK_PREFIX: networkPrefix,
    SWITCHYARD_PREFIX: hostPrefix(dir),
    // Those that set-up finds free may be the next test's.
    PRIMARY_NETWORK_PREFIX: prefixes.primary,
    SECONDARY_NETWORK_PREFIX: prefixes.secondary,
    // As for npx: reading the source takes half of a short command's time.
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'switchyard'),
    ...settings,
  }
  const run: TestSystem['run'] = (program, args, extra = {}) =>
    execute(place.within([program, ...args], dir), dir, { ...env, ...extra })
  return {
    dir,
    name,
    prefixes,
    url: `http://${place.address}:${httpPort}`,
    director: directorClient(join(dir, 'state/run/host/director.sock')),
    run,
    cli: (...args) => run(process.execPath, ['src/cli/main.ts', ...args]),
    container: (service) => containerOf(place.docker, name, service),
    exec: async (service, argv) => execInside(await containerOf(place.docker, name, service), argv),
    sweep: () => sweep(place.docker, name, dir),
  }
}

/** Where a system's set-up installs the host's command, beside what this machine has. */
export const hostPrefix = (dir: string): string => `${dir}-host`

/** Packages are shared with this checkout; a copy that tests the first command of a new user leaves them out. */
export function sharePackages(system: TestSystem): void {
  symlinkSync(join(root, 'node_modules'), join(system.dir, 'node_modules'))
}

/** As `git pull` would: the files of git become those of this working tree, and what is not in git stays. */
export function pullWorkingTree({ dir }: TestSystem): void {
  git(dir, 'rm', '-r', '-q', '--ignore-unmatch', '.')
  copyWorkingTree(dir)
  commitAll(dir, 'What was pulled')
}

/** The version that people run who have not updated yet: the newest tag before this commit, else the last one without a tag. */
export function formerVersion(): string {
  try {
    return git(root, 'describe', '--tags', '--abbrev=0', '--match=v*', 'HEAD^').trim()
  } catch {
    return UNTAGGED_VERSION
  }
}

const UNTAGGED_VERSION = '5870c824041daab165cc1aa894dc4fc9f16238d4'

function copyCommit(dir: string, commit: string): void {
  mkdirSync(dir, { recursive: true })
  const archive = execFileSync('git', ['archive', '--format=tar', commit], {
    cwd: root,
    maxBuffer: ARCHIVE_CAP_BYTES,
  })
  execFileSync('tar', ['-x', '-f', '-'], { cwd: dir, input: archive })
}

const ARCHIVE_CAP_BYTES = 64 * 1024 * 1024

function copyWorkingTree(dir: string): void {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    cpSync(join(root, file), join(dir, file), { verbatimSymlinks: true })
  }
}

/** Commits the whole working tree of a test system's project. */
export function commitAll(dir: string, message: string): void {
  git(dir, 'add', '-A')
  git(
    dir,
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@localhost',
    'commit',
    '-q',
    '--allow-empty',
    '--no-gpg-sign',
    '-m',
    message,
  )
}

export function git(dir: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: dir, encoding: 'utf8' })
}

async function sweep(docker: Docker, name: string, dir: string): Promise<void> {
  const filters = { label: [`com.docker.compose.project=${name}`] }
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true })
  }
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove()
  const images = await docker.listImages({ filters: { label: [`io.switchyard.project=${name}`] } })
  for (const { Id } of images) await docker.getImage(Id).remove({ force: true })
  await removePackages(docker, name, 0, AbortSignal.timeout(SWEEP_DEADLINE_MS))
  for (const path of [dir, hostPrefix(dir)]) rmSync(path, { recursive: true, force: true })
}

async function containerOf(docker: Docker, project: string, service: string): Promise<Docker.Container> {
  const label = [`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`]
  const [found] = await docker.listContainers({ all: true, filters: { label } })
  if (!found) throw new Error(`${project} has no container of ${service}.`)
  return docker.getContainer(found.Id)
}

async function execInside(container: Docker.Container, argv: string[]): Promise<Ended> {
  const exec = await container.exec({ Cmd: argv, AttachStdout: true, AttachStderr: true })
  const stream = await exec.start({})
  const [out, both] = [new PassThrough(), new PassThrough()]
  let output = ''
  let stdout = ''
  out.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    output += chunk
  })
  both.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  container.modem.demuxStream(stream, out, both)
  await once(stream, 'end')
  return { code: (await exec.inspect()).ExitCode ?? -1, output, stdout }
}

async function execute(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const [program = '', ...args] = argv
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const both = new PassThrough()
  let output = ''
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  both.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  for (const stream of [child.stdout, child.stderr]) stream.pipe(both, { end: false })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, output, stdout }))
  })
}
