import { chmod, copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { type ImageBuild, isReadable } from '../buildx.ts'
import { lastLines } from '../command.ts'
import type { Project } from '../project.ts'
import type { Redact } from '../redact.ts'
import { archiveOf, type BuildContext } from '../source/build-context.ts'
import type { BuildEnd } from './build-container.ts'
import { endedBadly } from './ending.ts'

const DETAIL_LINES = 30
/** Where what is built finds the certificates that it trusts in addition. */
export const CERTIFICATES = '/run/ca.pem'

export type ImageMaking = {
  docker: Docker
  project: Project
  context: BuildContext
  /** The tag of the slot's image. */
  tag: string
  deploymentId: string
  /** Of the Dockerfile. */
  buildArguments: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
  /** Path by id; those that do not exist are left out. */
  secrets: Readonly<Record<string, string>>
  buildCpus: string
  memoryBytes: number
  timeoutMs: number
  redact: Redact
}

/** Copies that any user inside may read, in a directory that only root may enter outside; where the Dockerfile has them too. */
export async function filesFor({ context, secrets }: ImageMaking): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const [id, path] of Object.entries({ ...secrets, ...npmrcOf(context) })) {
    // The file itself is for a Dockerfile of before: its values come as `build_values`.
    if (id === 'build_env' || !(await isReadable(path))) continue
    const copy = join(context.scratch, `secret-${id}`)
    await copyFile(path, copy)
    await chmod(copy, 0o444)
    files[id === 'ca' ? CERTIFICATES : `/run/${id}`] = copy
  }
  return files
}

const npmrcOf = ({ hasNpmrc, scratch }: BuildContext): Record<string, string> =>
  hasNpmrc ? { npmrc: join(scratch, 'npmrc') } : {}

/** A stage of the Dockerfile, as BuildKit is to build it. */
export function described(
  making: ImageMaking,
  build: Pick<ImageBuild, 'target' | 'tag' | 'labels'> & Partial<ImageBuild>,
): ImageBuild {
  return {
    archive: () => archiveOf(making.context),
    buildArguments: making.buildArguments,
    secrets: { ...making.secrets, ...npmrcOf(making.context) },
    timeoutMs: making.timeoutMs,
    ...build,
  }
}

/** Throws `build-failed` or `build-killed` where a container ended badly. */
export function refuseBad({ memoryBytes, redact }: ImageMaking, end: BuildEnd): void {
  if (end.code === 0) return
  const { code, isOutOfMemory, lines } = end
  const ending = { program: `\`${programOf(end)}\``, code, isOutOfMemory, memoryBytes, lines }
  throw endedBadly(ending, redact(lastLines(lines, DETAIL_LINES)))
}

/** Whoever deploys has written an app for `next build`, and no line of the script that starts it. */
function programOf({ argv, lines }: BuildEnd): string {
  const program = argv.join(' ')
  if (program.startsWith('npm ci ')) return 'npm ci'
  if (program !== 'node scripts/build.mjs') return program
  const own = lines.flatMap((line) => OWN_SCRIPT.exec(line)?.[1] ?? []).at(-1)
  return own === undefined ? 'next build' : `npm run ${own}`
}

/** As scripts/own-scripts.mjs says it. */
const OWN_SCRIPT = /^The script (\S+) of \S+ ended with exit code \d+\.$/
