import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { ReleaseError } from '../../release/errors.ts'
import { resolveRef, shortRevision } from '../git.ts'
import type { Project } from '../project.ts'
import { checkOut } from './check-out.ts'
import { readNpmrc } from './npm-settings.ts'
import { treeReader } from './source-reader.ts'
import { readTree } from './tree.ts'
import { whyUnknown } from './unknown-ref.ts'

/** What is built, before it has a number. */
export type BuildContext = {
  /** Where the files lie. */
  directory: string
  /** Relative to it. */
  paths: readonly string[]
  /** A directory that only root reads: what the build gets beside the files, and secrets. */
  scratch: string
  /** Whether `scratch` holds an `.npmrc` without credentials for the build, and a whole one as a secret. */
  hasNpmrc: boolean
  /** What logs must not show beside the values of the app's own env files. */
  hidden: readonly (readonly [string, string])[]
  /** The whole hash of the commit; null where the project is no git work tree. */
  revision: string | null
  /** Null where the context is exactly that commit. */
  changedHash: string | null
  /** What the build shows where the operator gave no label. */
  version: string
  /** For a person, for example `42 files of the working tree`. */
  words: string
}

/** A program that writes an archive to stdout. */
export type Archive = { argv: readonly [string, ...string[]]; cwd: string; stdin?: Readable }

/** Where builds keep what is gone after them; a build that was killed leaves it to the next one. */
export const scratchOf = ({ directory }: Project): string => join(directory, 'state', 'build')

/** The working tree with its changes, without what `kept-out.ts` names. Whoever calls removes `scratch`. */
export async function treeContext(project: Project, signal: AbortSignal): Promise<BuildContext> {
  const scratch = await makeScratch(project)
  const { files, revision, changedHash } = await readTree(project, signal)
  const paths = files.map(({ path }) => path)
  return described(project, scratch, project.directory, {
    ...{ paths, revision, changedHash },
    words: `${paths.length} files of the working tree${revision === null ? '' : ` at ${shortRevision(revision)}`}`,
  })
}

/** One commit of the project. Throws `ref-unknown`. Whoever calls removes `scratch`. */
export async function refContext(project: Project, ref: string, signal: AbortSignal): Promise<BuildContext> {
  const revision = await knownRef(project, ref, signal)
  const scratch = await makeScratch(project)
  const directory = join(scratch, 'source')
  const paths = await checkOut(project, revision, directory, signal)
  return described(project, scratch, directory, {
    ...{ paths, revision, changedHash: null },
    words: `commit ${shortRevision(revision)} (${ref})`,
  })
}

/** The files of a context, with owners and modes evened out: those of a checkout under umask 077 could not be read by a slot. */
export function archiveOf({ directory, paths, scratch, hasNpmrc }: BuildContext): Archive {
  return {
    cwd: directory,
    argv: [
      'tar',
      '--create',
      '--format=gnu',
      '--owner=0',
      '--group=0',
      '--mode=a+rX,u+w',
      '--no-recursion',
      '--ignore-failed-read',
      '--null',
      '--verbatim-files-from',
      '--files-from=-',
      '--file=-',
      ...(hasNpmrc ? [`--directory=${scratch}`, '.npmrc'] : []),
    ],
    stdin: Readable.from([Buffer.from(paths.map((path) => `${path}\0`).join(''))]),
  }
}

/** The commit behind `ref`. Throws `ref-unknown`. */
export async function knownRef(project: Project, ref: string, signal: AbortSignal): Promise<string> {
  const revision = await resolveRef(project, ref, signal)
  if (revision !== null) return revision
  const reason = await whyUnknown(project, ref, signal)
  throw new ReleaseError('ref-unknown', reason === null ? { ref } : { ref, reason })
}

async function makeScratch(project: Project): Promise<string> {
  const parent = scratchOf(project)
  await rm(parent, { recursive: true, force: true })
  await mkdir(parent, { recursive: true, mode: 0o700 })
  return mkdtemp(join(parent, 'build-'))
}

type Found = Pick<BuildContext, 'paths' | 'revision' | 'changedHash' | 'words'>

async function described(
  project: Project,
  scratch: string,
  directory: string,
  found: Found,
): Promise<BuildContext> {
  const npmrc = await readNpmrc(project, treeReader({ directory }))
  if (npmrc !== null) {
    await writeFile(join(scratch, '.npmrc'), npmrc.settings)
    await writeFile(join(scratch, 'npmrc'), npmrc.secret, { mode: 0o444 })
  }
  const manifest = await readFile(join(directory, 'package.json'), 'utf8').catch(() => null)
  return {
    ...found,
    ...{ directory, scratch, hasNpmrc: npmrc !== null, hidden: npmrc?.hidden ?? [] },
    version: versionOf(manifest, found.revision, found.changedHash),
  }
}

const manifestSchema = z.object({ version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,40}$/) })

/** `0.1.0-1a2b3c4`, and with the hash of a changed tree behind it. */
export function versionOf(
  manifest: string | null,
  revision: string | null,
  changedHash: string | null,
): string {
  const parts = [declaredVersion(manifest), revision && shortRevision(revision), changedHash]
  return parts.filter((part) => part !== null).join('-')
}

function declaredVersion(manifest: string | null): string {
  try {
    return manifestSchema.parse(JSON.parse(manifest ?? '')).version
  } catch {
    // A broken package.json is for the build to report; here it only lacks a version.
    return '0.0.0'
  }
}
