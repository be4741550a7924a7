import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import { git, resolveRef, shortRevision } from './git.ts'
import { pathspecs } from './kept-out.ts'
import { gitArgv, type Project } from './project.ts'
import { readTree } from './tree.ts'

/** What is built, before it has a number. */
export type BuildContext = {
  /** The program that writes the context to stdout as an archive, run in the project directory. */
  argv: [string, ...string[]]
  stdin?: Readable
  /** The whole hash of the commit; null where the project is no git work tree. */
  revision: string | null
  /** Null where the context is exactly that commit. */
  changedHash: string | null
  /** What the build shows where the operator gave no label. */
  version: string
  /** For a person, for example `42 files of the working tree`. */
  words: string
}

/** The working tree with its changes, without what `kept-out.ts` names. */
export async function treeContext(project: Project, signal: AbortSignal): Promise<BuildContext> {
  const { paths, revision, changedHash } = await readTree(project, signal)
  const manifest = await readFile(join(project.directory, 'package.json'), 'utf8').catch(() => null)
  return {
    // Modes are evened out: files of a checkout under umask 077 could not be read by the slot's user.
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
    ],
    stdin: Readable.from([Buffer.from(paths.map((path) => `${path}\0`).join(''))]),
    revision,
    changedHash,
    version: versionOf(manifest, revision, changedHash),
    words: `${paths.length} files of the working tree${revision === null ? '' : ` at ${shortRevision(revision)}`}`,
  }
}

/** One commit of the project. Throws `ref-unknown`. */
export async function refContext(project: Project, ref: string, signal: AbortSignal): Promise<BuildContext> {
  const revision = await knownRef(project, ref, signal)
  const { code, captured } = await git(project, ['show', `${revision}:./package.json`], signal)
  return {
    argv: gitArgv(project, 'archive', '--format=tar', revision, '--', ...pathspecs()),
    revision,
    changedHash: null,
    version: versionOf(code === 0 ? captured.toString('utf8') : null, revision, null),
    words: `commit ${shortRevision(revision)} (${ref})`,
  }
}

/** The commit behind `ref`. Throws `ref-unknown`. */
export async function knownRef(project: Project, ref: string, signal: AbortSignal): Promise<string> {
  const revision = await resolveRef(project, ref, signal)
  if (revision === null) throw new ReleaseError('ref-unknown', { ref })
  return revision
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
