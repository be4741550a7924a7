import { join } from 'node:path'
import type { Source } from '../../release/release.ts'
import { envFilesFinding } from '../env-files.ts'
import { gitOutput, nulSeparated, resolveRef } from '../git.ts'
import type { Finding } from '../preflight.ts'
import type { Project } from '../project.ts'
import { hasCommit } from './check-out.ts'
import { inWords, named, refused, size, warning } from './finding-words.ts'
import { outsideFinding, partialFindings } from './git-findings.ts'
import { gitUseFindings } from './git-use.ts'
import { lfsPointers, lfsPointersOf } from './lfs.ts'
import { absentPackages, lockfileProblem } from './lockfile.ts'
import { namedAndLeftOut } from './named-files.ts'
import { readNpmrc } from './npm-settings.ts'
import { commitReader, type SourceReader, treeReader } from './source-reader.ts'
import { type ListedTree, listTree } from './tree.ts'

const LARGE_BYTES = 10 * 1024 ** 2
const LARGE_IN_ALL_BYTES = 100 * 1024 ** 2
/** Without these a build can't begin. */
const NEEDED = ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'scripts/build.mjs']

/** What a person should know of the source before it is built: what is left out and may be missed, and what can't be built. */
export async function sourceFindings(
  project: Project,
  source: Source,
  signal: AbortSignal,
): Promise<Finding[]> {
  const env = await envFilesFinding(project, source, signal)
  const others =
    source.kind === 'tree'
      ? await ofTree(project, signal)
      : source.kind === 'ref'
        ? await ofRef(project, source.ref, signal)
        : []
  return [...(env === null ? [] : [env]), ...others]
}

async function ofTree(project: Project, signal: AbortSignal): Promise<Finding[]> {
  const tree = await listTree(project, signal)
  const paths = tree.files.map(({ path }) => path)
  const read = treeReader(project)
  const pointers = new Set(await lfsPointers(project, signal))
  return [
    ...(await installFindings(paths, tree.leftOut, read)),
    ...(await npmrcFindings(project, read)),
    ...(await gitUseFindings(read)),
    ...named(
      'submodules',
      tree.listing.missingSubmodules,
      (names, them, is) =>
        `${names} ${is('is', 'are')} not checked out, so ${them === 'it' ? 'it' : 'they'} will not be part of the build: \`git submodule update --init --recursive\` gets ${them}.`,
    ),
    ...named(
      'lfs',
      paths.filter((path) => pointers.has(path)),
      (names, them) =>
        `Of ${names} git-lfs has a pointer here and no content, and a build would get ${them} so: \`git lfs pull\` gets the content.`,
    ),
    ...(await namedAndLeftOut(project.directory, new Set(paths))).map(({ path, by }) =>
      warning(
        'left out',
        `${by} names ${path}, which git or .dockerignore leaves out, so it will not be part of the build.`,
      ),
    ),
    ...sparseFinding(tree),
    ...named(
      'names',
      tree.listing.unnameable,
      (names, them) =>
        `The name of ${names} is not UTF-8, so ${them === 'it' ? 'it' : 'they'} will not be part of the build: rename ${them}.`,
    ),
    ...named(
      'links',
      tree.listing.outwardLinks.filter((path) => paths.includes(path)),
      (names, them, is) =>
        `${names} ${is('leads', 'lead')} out of the project, so what ${them === 'it' ? 'it leads' : 'they lead'} to will not be part of the build.`,
    ),
    ...largeFindings(tree),
    ...(await outsideFinding(project)),
  ]
}

async function ofRef(project: Project, ref: string, signal: AbortSignal): Promise<Finding[]> {
  const commit = await resolveRef(project, ref, signal)
  if (commit === null) return []
  const listed = nulSeparated(await gitOutput(project, ['ls-tree', '-r', '-z', `${commit}:./`], signal))
  const entries = listed.map((line) => {
    const [meta = '', path = ''] = line.split(/\t(.*)/s)
    const [mode, , hash = ''] = meta.split(' ')
    return { mode, hash, path }
  })
  const missing: string[] = []
  for (const { mode, hash, path } of entries) {
    if (mode !== '160000') continue
    const inner = { ...project, directory: join(project.directory, path) }
    if (!(await hasCommit(inner, hash, signal))) missing.push(path)
  }
  const read = commitReader(project, commit, signal)
  const partial = await partialFindings(project, ref, commit, signal)
  const paths = entries.map(({ path }) => path)
  return [
    ...partial,
    // What is not there can't be judged.
    ...(partial.length === 0 ? await installFindings(paths, [], read) : []),
    ...(await npmrcFindings(project, read)),
    ...(await gitUseFindings(read)),
    ...named(
      'submodules',
      missing,
      (names, them) =>
        `The commit of ${names} that ${ref} names is not on this machine, so ${them === 'it' ? 'it' : 'they'} will not be part of the build: check ${ref} out, \`git submodule update --init --recursive\`, then deploy again.`,
    ),
    ...named(
      'lfs',
      await lfsPointersOf(project, commit, signal),
      (names, them) =>
        `Of ${names} in ${ref} git-lfs has no content here, and a build would get a pointer in place of ${them}: \`git lfs fetch origin ${ref}\` gets the content.`,
    ),
  ]
}

async function installFindings(
  paths: readonly string[],
  leftOut: readonly string[],
  read: SourceReader,
): Promise<Finding[]> {
  const needed = NEEDED.filter((path) => leftOut.includes(path))
  if (needed.length > 0) {
    return [
      refused(
        `.dockerignore leaves out ${needed.join(' and ')}, without which nothing can be built: correct it.`,
      ),
    ]
  }
  const problem = await lockfileProblem(paths, read)
  if (problem !== null) return [refused(problem)]
  return named(
    'file packages',
    await absentPackages(paths, read),
    (names, them, is) =>
      `The lockfile takes packages from ${names}, which ${is('is', 'are')} not part of the source, so the build will not find ${them}: bring ${them} into the project, or publish ${them}.`,
  )
}

async function npmrcFindings(project: Project, read: SourceReader): Promise<Finding[]> {
  const npmrc = await readNpmrc(project, read)
  return named(
    'npmrc',
    npmrc?.missing ?? [],
    (names, them) => `.npmrc takes ${names} from the environment, and app.build.env does not set ${them}.`,
  )
}

function sparseFinding({ listing: { outsideSparse } }: ListedTree): Finding[] {
  if (outsideSparse === 0) return []
  const files = outsideSparse === 1 ? 'One file lies' : `${outsideSparse} files lie`
  return [
    warning(
      'sparse',
      `${files} outside of the sparse checkout and will not be part of the build; \`git sparse-checkout disable\` brings all back.`,
    ),
  ]
}

function largeFindings({ files }: ListedTree): Finding[] {
  const own = files.filter(({ isTracked }) => !isTracked)
  const inAll = own.reduce((sum, { bytes }) => sum + bytes, 0)
  const large = own.filter(({ bytes }) => bytes >= LARGE_BYTES)
  if (large.length === 0 && inAll < LARGE_IN_ALL_BYTES) return []
  const largest = [...(large.length > 0 ? large : own)].sort((one, other) => other.bytes - one.bytes)
  const words = inWords(largest.map(({ path, bytes }) => `${JSON.stringify(path)} (${size(bytes)})`))
  return [
    warning(
      'large files',
      `Files that git does not know, ${size(inAll)} in all, will be part of the build, among them ${words}: name in .gitignore or .dockerignore what the build does not need.`,
    ),
  ]
}
