import { copyFile, open } from 'node:fs/promises'
import { join } from 'node:path'
import { git, gitOutput, nulSeparated } from '../git.ts'
import type { Project } from '../project.ts'
import { ifMissing } from './if-missing.ts'

/** https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer */
const POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:.*\n)?oid sha256:([0-9a-f]{64})\n/s
/** Longer files are no pointers. */
const MAX_POINTER_BYTES = 1_024

/** The files of git-lfs below `project` that are pointers only, where their content was never fetched. */
export async function lfsPointers(project: Project, signal: AbortSignal): Promise<string[]> {
  const found = await Promise.all(
    (await lfsPaths(project, signal)).map(async (path) =>
      (await pointerIn(join(project.directory, path))) === null ? [] : [path],
    ),
  )
  return found.flat()
}

/** Puts the content in place of each pointer in `checkout` that `repository` has it of: git-lfs keeps it beside the objects. */
export async function fillInLfs(repository: Project, checkout: Project, signal: AbortSignal): Promise<void> {
  const paths = await lfsPaths(checkout, signal)
  if (paths.length === 0) return
  const common = await gitOutput(
    repository,
    ['rev-parse', '--path-format=absolute', '--git-common-dir'],
    signal,
  )
  for (const path of paths) {
    const file = join(checkout.directory, path)
    const hash = await pointerIn(file)
    if (hash === null) continue
    const content = join(
      common.toString('utf8').trim(),
      'lfs/objects',
      hash.slice(0, 2),
      hash.slice(2, 4),
      hash,
    )
    await copyFile(content, file).catch(ifMissing)
  }
}

async function lfsPaths(project: Project, signal: AbortSignal): Promise<string[]> {
  const { code, captured } = await git(project, ['ls-files', '-z', '--', ':(attr:filter=lfs)'], signal)
  return code === 0 ? nulSeparated(captured) : []
}

/** The hash of the content that a pointer stands for; null for what is no pointer. */
async function pointerIn(path: string): Promise<string | null> {
  const file = await open(path).catch(ifMissing)
  if (file === null) return null
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_POINTER_BYTES), 0, MAX_POINTER_BYTES, 0)
    return POINTER.exec(buffer.toString('utf8', 0, bytesRead))?.[1] ?? null
  } finally {
    await file.close()
  }
}
