import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type Docker from 'dockerode'
import {
  certificatesOf,
  copiedPackages,
  LOCKFILES,
  linkedPackages,
  readLockfile,
} from '../../scripts/local-packages.mjs'
import { CommandFailure } from '../docker/command.ts'
import { readNpmrc } from '../docker/source/npm-settings.ts'
import type { SplitNpmrc } from '../docker/source/npmrc.ts'
import { treeReader } from '../docker/source/source-reader.ts'
import type { BaseImages } from './base-images.ts'
import { hasImage } from './docker-images.ts'
import { SetupFailure } from './failure.ts'
import { filesBelow, hashOf } from './file-hash.ts'
import { exists } from './host.ts'
import type { Paths } from './paths.ts'
import type { Progress, Say } from './progress.ts'
import { projectBinds, runErrand } from './toolbox.ts'

/** Says for which project a director's image was made, so that it can be removed with it. */
export const DIRECTOR_LABEL = 'io.switchyard.director'

export const DIRECTOR_REPOSITORY = 'switchyard-director'
const BUILD_TIMEOUT_MS = 15 * 60_000

/** All that the director's image is made from; what the slots alone run doesn't change it. */
const INPUTS = [
  'Dockerfile.runtime',
  'scripts/install-inputs.mjs',
  'scripts/local-packages.mjs',
  'package.json',
  'scripts/bundle-cli.mjs',
  'src/cli',
  'src/config',
  'src/director',
  'src/docker',
  'src/doctor',
  'src/health',
  'src/nginx',
  'src/release',
  'src/setup',
  'src/state',
  'src/topology',
  'src/words',
  'src/workload/preload',
]

/** The director's image for exactly these inputs, built where it is not there yet. Throws `SetupFailure` with the build's last lines. */
export async function getDirectorImage(
  docker: Docker,
  paths: Paths,
  base: BaseImages,
  project: string,
  progress: Progress,
): Promise<string> {
  const files = await inputFiles(paths.directory)
  const { Id: toolsId } = await docker.getImage(base.tools).inspect()
  const npmrc = await readNpmrc(paths, treeReader(paths))
  const hash = await hashOf(paths.directory, files, [toolsId, project, npmrc?.settings ?? ''])
  const tag = `${DIRECTOR_REPOSITORY}:${hash.slice(0, 12)}`
  if (await hasImage(docker, tag)) return tag
  await progress.step('Build the director', (say) =>
    build(docker, { paths, base, project, tag, files, npmrc }, say),
  )
  return tag
}

/** Removes the project's older director images; one that is still in use stays. */
export async function removeOldDirectors(docker: Docker, project: string, current: string): Promise<void> {
  const images = await docker.listImages({ filters: { label: [`${DIRECTOR_LABEL}=${project}`] } })
  for (const { Id, RepoTags } of images) {
    if (RepoTags?.includes(current)) continue
    await docker
      .getImage(Id)
      .remove()
      .catch((error) => {
        if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 409)) throw error
      })
  }
}

/** What an install reads of the project counts too: manifests of workspaces, packages in files, and certificates that `.npmrc` names. */
async function inputFiles(directory: string): Promise<string[]> {
  const lockfile = readLockfile(directory)
  const manifests = linkedPackages(lockfile).map((path) => join(path, 'package.json'))
  const optional = [...LOCKFILES, ...manifests, ...copiedPackages(lockfile), ...certificatesOf(directory)]
  const areThere = await Promise.all(optional.map((path) => exists(join(directory, path))))
  const paths = [...INPUTS, ...optional.filter((_, index) => areThere[index])]
  const lists = await Promise.all(paths.map((path) => filesBelow(directory, path)))
  return [...new Set(lists.flat())].filter((file) => !file.endsWith('.test.ts'))
}

async function build(
  docker: Docker,
  request: {
    paths: Paths
    base: BaseImages
    project: string
    tag: string
    files: readonly string[]
    npmrc: SplitNpmrc | null
  },
  say: Say,
): Promise<void> {
  const { paths, base, project, tag, files, npmrc } = request
  const context = join(paths.scratch, 'director')
  await rm(context, { recursive: true, force: true })
  for (const file of files) {
    await mkdir(dirname(join(context, file)), { recursive: true })
    await copyFile(join(paths.directory, file), join(context, file))
  }
  const npmrcSecret = join(paths.scratch, 'npmrc')
  if (npmrc !== null) {
    await writeFile(join(context, '.npmrc'), npmrc.settings)
    await writeFile(npmrcSecret, npmrc.secret, { mode: 0o600 })
  }
  const argv = [
    ...['docker', 'buildx', 'build', '--progress=plain', '--target=director', `--tag=${tag}`],
    ...['--file', join(context, 'Dockerfile.runtime')],
    ...['--build-arg', `NODE_IMAGE=${base.node}`, '--build-arg', `TOOLS_IMAGE=${base.tools}`],
    ...['--label', `${DIRECTOR_LABEL}=${project}`],
    ...((await exists(paths.caBundle)) ? ['--secret', `id=ca,src=${paths.caBundle}`] : []),
    ...(npmrc === null ? [] : ['--secret', `id=npmrc,src=${npmrcSecret}`]),
    context,
  ]
  try {
    const errand = {
      image: base.tools,
      argv,
      binds: projectBinds(paths.directory),
      timeoutMs: BUILD_TIMEOUT_MS,
    }
    await runErrand(docker, errand, say)
  } catch (cause) {
    throw new SetupFailure(
      "The director's image could not be built.",
      'Mend what its last lines say, then run the command again.',
      { cause, detail: cause instanceof CommandFailure ? cause.lines.slice(-30).join('\n') : undefined },
    )
  } finally {
    await rm(context, { recursive: true, force: true })
    await rm(npmrcSecret, { force: true })
  }
}
