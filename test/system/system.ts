import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import Docker from 'dockerode'
import { type DirectorClient, directorClient } from '../../src/director/client.ts'

const root = join(import.meta.dirname, '..', '..')

export type SystemOptions = {
  /** Also the compose project's name and the prefix of its containers. */
  name: string
  /** The site's port; the slots get the next two. */
  httpPort: number
  networkPrefix: string
  settings?: Record<string, string>
}

export type TestSystem = {
  dir: string
  url: string
  name: string
  director: DirectorClient
  /** Runs a program in the project directory; its output is shown, and answered. */
  run(
    program: string,
    args: string[],
    env?: Record<string, string>,
  ): Promise<{ code: number; output: string }>
  /** Runs the CLI, as `npx switchyard ARGS` does. */
  cli(...args: string[]): Promise<{ code: number; output: string }>
  container(service: string): Promise<Docker.Container>
  sweep(): Promise<void>
}

const docker = new Docker()

/** A whole Switchyard of its own: a fresh copy of this repository as a git clone would be, beside any live system. */
export async function freshSystem(options: SystemOptions): Promise<TestSystem> {
  const system = systemAt(options)
  await system.sweep()
  copyRepository(system.dir)
  return system
}

/** The same system, as another process left it. */
export function systemAt({ name, httpPort, networkPrefix, settings = {} }: SystemOptions): TestSystem {
  const dir = join(tmpdir(), name)
  const env = {
    ...process.env,
    COMPOSE_PROJECT_NAME: name,
    CONTAINER_PREFIX: `${name}-`,
    HTTP_PORT: String(httpPort),
    PRIMARY_PORT: String(httpPort + 1),
    SECONDARY_PORT: String(httpPort + 2),
    NETWORK_PREFIX: networkPrefix,
    ...settings,
  }
  const run: TestSystem['run'] = (program, args, extra = {}) =>
    execute(program, args, dir, { ...env, ...extra })
  return {
    dir,
    name,
    url: `http://127.0.0.1:${httpPort}`,
    director: directorClient(join(dir, 'state/run/host/director.sock')),
    run,
    cli: (...args) => run(process.execPath, ['src/cli/main.ts', ...args]),
    container: (service) => containerOf(name, service),
    sweep: () => sweep(name, dir),
  }
}

/** Packages are shared with this checkout; a copy that tests the first command of a new user leaves them out. */
export function sharePackages(system: TestSystem): void {
  symlinkSync(join(root, 'node_modules'), join(system.dir, 'node_modules'))
}

function copyRepository(dir: string): void {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    cpSync(join(root, file), join(dir, file), { verbatimSymlinks: true })
  }
  git(dir, 'init', '-q', '-b', 'main')
  commitAll(dir, 'The first build')
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

async function sweep(name: string, dir: string): Promise<void> {
  const filters = { label: [`com.docker.compose.project=${name}`] }
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true })
  }
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove()
  const images = await docker.listImages({ filters: { label: [`io.switchyard.project=${name}`] } })
  for (const { Id } of images) await docker.getImage(Id).remove({ force: true })
  rmSync(dir, { recursive: true, force: true })
}

async function containerOf(project: string, service: string): Promise<Docker.Container> {
  const label = [`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`]
  const [found] = await docker.listContainers({ all: true, filters: { label } })
  if (!found) throw new Error(`${project} has no container of ${service}.`)
  return docker.getContainer(found.Id)
}

async function execute(
  program: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; output: string }> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const both = new PassThrough()
  let output = ''
  both.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  for (const stream of [child.stdout, child.stderr]) stream.pipe(both, { end: false })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, output }))
  })
}
