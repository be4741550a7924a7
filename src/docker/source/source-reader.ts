import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Source } from '../../release/release.ts'
import { git, resolveRef } from '../git.ts'
import type { Project } from '../project.ts'

/** The text of a file of a source, by its path; null where there is none. */
export type SourceReader = (path: string) => Promise<string | null>

/** Reads the files of what is to be built, without checking anything out; null for a source that has none here. */
export async function readerOf(
  project: Project,
  source: Source,
  signal: AbortSignal,
): Promise<SourceReader | null> {
  if (source.kind === 'tree') return treeReader(project)
  const commit = source.kind === 'ref' ? await resolveRef(project, source.ref, signal) : null
  return commit === null ? null : commitReader(project, commit, signal)
}

/** Where Next looks for its settings. */
export const NEXT_CONFIGS = ['js', 'mjs', 'ts', 'mts'].map((ending) => `next.config.${ending}`)

/** The JSON of a file, which npm reads with a byte order mark too; null where there is no file, or it holds no JSON. */
export function jsonIn(text: string | null): unknown {
  try {
    return JSON.parse((text ?? '').replace(/^\ufeff/, ''))
  } catch {
    return null
  }
}

export function treeReader({ directory }: Pick<Project, 'directory'>): SourceReader {
  return (path) => readFile(join(directory, path), 'utf8').catch(() => null)
}

export function commitReader(project: Project, commit: string, signal: AbortSignal): SourceReader {
  const show: SourceReader = async (path) => {
    const { code, captured } = await git(project, ['show', `${commit}:./${path}`], signal)
    return code === 0 ? captured.toString('utf8') : null
  }
  // Several look at one file, and each look is a process.
  const shown = new Map<string, Promise<string | null>>()
  return (path) => {
    const text = shown.get(path) ?? show(path)
    shown.set(path, text)
    return text
  }
}
