import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Source } from '../release/release.ts'
import { gitOutput, nulSeparated, resolveRef } from './git.ts'
import type { Finding } from './preflight.ts'
import type { Project } from './project.ts'

/** What `next build` would read, and copy into the image. */
const READ_BY_NEXT = ['.env.local', '.env.production', '.env.production.local']

/** A warning where `source` holds settings that `kept-out.ts` keeps from the build. Null where there are none. */
export async function envFilesFinding(
  project: Project,
  source: Source,
  signal: AbortSignal,
): Promise<Finding | null> {
  const found = await foundIn(project, source, signal)
  if (found.length === 0) return null
  const them = found.length === 1 ? 'it' : 'them'
  return {
    name: 'env files',
    outcome: 'warning',
    sentence: `${found.join(' and ')} will not be part of the build, since Next would copy ${them} into the image: what the app needs goes into app.env (run time) or app.build.env (build).`,
  }
}

async function foundIn(project: Project, source: Source, signal: AbortSignal): Promise<string[]> {
  if (source.kind === 'tree') {
    const isThere = await Promise.all(READ_BY_NEXT.map((name) => exists(join(project.directory, name))))
    return READ_BY_NEXT.filter((_, index) => isThere[index])
  }
  if (source.kind !== 'ref') return []
  const commit = await resolveRef(project, source.ref, signal)
  if (commit === null) return []
  const tree = ['ls-tree', '-z', '--name-only', commit, '--', ...READ_BY_NEXT]
  return nulSeparated(await gitOutput(project, tree, signal)).sort()
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
