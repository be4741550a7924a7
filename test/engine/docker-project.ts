import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type Docker from 'dockerode'
import { describeProject, type Project } from '../../src/docker/project.ts'
import { ReleaseError } from '../../src/release/errors.ts'
import { describeError } from '../../src/release/messages.ts'
import { workDirectory } from './in-tools.ts'

const root = join(import.meta.dirname, '..', '..')
export const NAME = 'sydocker'
export const NODE_IMAGE = 'switchyard-base/node:26'
export const PORTS = { http: 18710, primary: 18711, secondary: 18712, beats: 18713, registry: 18714 } as const
const SWEEP_DEADLINE_MS = 60_000

/** Slow enough for a busy machine; a test that hangs ends here. */
export const deadline = (): AbortSignal => AbortSignal.timeout(120_000)

/** The stages of the real one, with a shell script in place of `next build`. */
const DOCKERFILE = `ARG NODE_IMAGE
ARG BUILT=built-here
FROM \${NODE_IMAGE} AS source
WORKDIR /app
RUN mkdir -p .next/cache && chown -R 1000:1000 /app
USER 1000:1000
COPY --chown=1000:1000 . .
CMD ["sh", "build.sh"]
FROM source AS built-here
RUN --mount=type=secret,id=build_values,target=/run/build_values,uid=1000 --mount=type=secret,id=ca,target=/run/ca.pem,uid=1000 sh build.sh
FROM \${BUILT} AS build
FROM \${NODE_IMAGE} AS slot
WORKDIR /app
COPY --from=build /app /app
ARG DEPLOYMENT_ID
ARG VERSION
ARG REVISION
ENV SWITCHYARD_DEPLOYMENT_ID="$DEPLOYMENT_ID" SWITCHYARD_VERSION="$VERSION" SWITCHYARD_REVISION="$REVISION"
CMD ["node", "-v"]
`

/** The same with packages, which a shell script installs. */
export const INSTALLING_DOCKERFILE = DOCKERFILE.replace(
  /FROM .* AS source\n(?:.*\n)*?USER .*\n/,
  `ARG INSTALLED=deps
FROM \${NODE_IMAGE} AS install
WORKDIR /app
COPY install.sh ./
RUN mkdir -p .next/cache /npm-cache && chown -R 1000:1000 /app /npm-cache
USER 1000:1000
CMD ["sh", "install.sh"]
FROM install AS deps
RUN sh install.sh
FROM \${INSTALLED} AS source
`,
)

/** As Dockerfiles were before builds had a limit of memory. */
export const FORMER_DOCKERFILE = `ARG NODE_IMAGE
FROM \${NODE_IMAGE} AS build
WORKDIR /app
COPY . .
RUN --mount=type=secret,id=build_env,target=/run/build.env --mount=type=secret,id=ca,target=/run/ca.pem sh build.sh
FROM \${NODE_IMAGE} AS slot
WORKDIR /app
COPY --from=build /app /app
CMD ["node", "-v"]
`

const FILES: Readonly<Record<string, string>> = {
  'Dockerfile.runtime': DOCKERFILE,
  'package.json': '{"name":"site","version":"1.2.0"}\n',
  'page.txt': 'first page\n',
  '.gitignore': '/state/\n/nginx/live/\n/.env\n/app.env\n/app.build.env\nignored.txt\n',
}

const ENV_LINES = {
  COMPOSE_PROJECT_NAME: NAME,
  CONTAINER_PREFIX: `${NAME}-`,
  NETWORK_PREFIX: '172.30.71',
  PRIMARY_NETWORK_PREFIX: '10.230.71',
  SECONDARY_NETWORK_PREFIX: '10.231.71',
  HTTP_ADDRESS: '127.0.0.1',
  HTTP_PORT: String(PORTS.http),
  PRIMARY_PORT: String(PORTS.primary),
  SECONDARY_PORT: String(PORTS.secondary),
  NODE_IMAGE,
  NGINX_IMAGE: 'switchyard-base/nginx',
  DIRECTOR_IMAGE: 'switchyard-base/tools',
  SLOT_CPUS: '0.5',
  SLOT_MEMORY: '128m',
}

/** A small git project with the real compose file; what a former run left is swept first. */
export async function freshProject(docker: Docker): Promise<Project> {
  await sweep(docker)
  const directory = join(workDirectory(NAME), 'project')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const [path, text] of Object.entries(FILES)) writeIn(directory, path, text)
  cpSync(join(root, 'docker-compose.release.yml'), join(directory, 'docker-compose.release.yml'))
  writeBuildScript(directory, 'find . -type f | sort')
  writeEnvFile(directory, { PRIMARY_IMAGE: 'none', SECONDARY_IMAGE: 'none' })
  gitIn(directory, 'init', '--quiet', '--initial-branch=main')
  commitAll(directory, 'First')
  return describeProject({
    directory,
    name: NAME,
    socketPath: '/var/run/docker.sock',
    environment: process.env,
  })
}

export function writeIn(directory: string, path: string, text: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), text)
}

/** What the build runs; different each time, so that no layer of a former run is taken instead. */
export function writeBuildScript(directory: string, script: string): void {
  writeIn(directory, 'build.sh', `# ${randomUUID()}\n${script}\n`)
}

export function writeEnvFile(directory: string, more: Readonly<Record<string, string>>): void {
  const lines = Object.entries({ ...ENV_LINES, SWITCHYARD_DIR: directory, ...more })
  writeIn(
    directory,
    'state/deployment_state.env',
    lines.map(([name, value]) => `${name}=${value}\n`).join(''),
  )
}

export function gitIn(directory: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args], {
    cwd: directory,
    encoding: 'utf8',
  }).trim()
}

/** Answers with the new commit's hash. */
export function commitAll(directory: string, message: string): string {
  gitIn(directory, 'add', '--all')
  gitIn(directory, 'commit', '--quiet', '--allow-empty', `--message=${message}`)
  return gitIn(directory, 'rev-parse', 'HEAD')
}

/** Removes the containers, the network and the images of this project, and nothing else. */
export async function sweep(docker: Docker): Promise<void> {
  const abortSignal = AbortSignal.timeout(SWEEP_DEADLINE_MS)
  const label = [`com.docker.compose.project=${NAME}`]
  for (const { Id } of await docker.listContainers({ all: true, filters: { label } })) {
    await docker.getContainer(Id).remove({ force: true, abortSignal })
  }
  for (const { Id } of await docker.listNetworks({ filters: { label } })) await docker.getNetwork(Id).remove()
  for (const { RepoTags } of await docker.listImages({
    filters: {
      reference: [
        `switchyard/${NAME}`,
        `switchyard-build/${NAME}`,
        `switchyard-packages/${NAME}`,
        `${NAME}-other`,
      ],
    },
  })) {
    for (const tag of RepoTags ?? []) await docker.getImage(tag).remove({ force: true })
  }
}

/** What a person reads of an error: `what` of its sentences. */
export async function sentenceOf(
  work: Promise<unknown>,
): Promise<{ sentence: string; detail: string | null }> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    return { sentence: describeError(error, '').what, detail: error.detail }
  }
  throw new Error('It was expected to fail, but did not.')
}
