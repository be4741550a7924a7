import type Docker from 'dockerode'
import semver from 'semver'
import { z } from 'zod'
import type { Source } from '../../release/release.ts'
import { ask, statusCodeOf } from '../engine.ts'
import type { Finding } from '../preflight.ts'
import type { Project } from '../project.ts'
import { warning } from './finding-words.ts'
import { type NodeWish, nodeWishes } from './node-wishes.ts'
import { readerOf } from './source-reader.ts'

export type NodeFindingOptions = {
  docker: Docker
  project: Project
  /** The base image of the slots, which builds them too. */
  nodeImage: string
}

/** A warning where files of the source want another Node than builds and slots run on. Null where they agree, or none is named. */
export async function nodeFinding(
  { docker, project, nodeImage }: NodeFindingOptions,
  source: Source,
  signal: AbortSignal,
): Promise<Finding | null> {
  const read = await readerOf(project, source, signal)
  const wishes = read === null ? [] : await nodeWishes(read)
  if (wishes.length === 0) return null
  const running = nodeVersionIn(nodeImage, await environmentOf(docker, nodeImage, signal))
  return running === null ? null : disagreement(wishes, running, nodeImage)
}

/** `running` is a version, or the beginning of one. */
export function disagreement(
  wishes: readonly NodeWish[],
  running: string,
  nodeImage: string,
): Finding | null {
  const others = wishes.filter(({ range }) => !semver.intersects(range, running, { includePrerelease: true }))
  if (others.length === 0) return null
  const named = others.map(({ by, wanted }) => `${by} asks for Node ${wanted}`)
  const words =
    named.length === 1
      ? named[0]
      : `${named.slice(0, -1).join(', ')} and ${named.at(-1)?.replace(/ asks for Node/, ' for')}`
  return warning(
    'node',
    `${words}, and the app is built and run with Node ${running} (${nodeImage}): name another image with NODE_IMAGE in switchyard.env and run \`npm run up\`, or bring the ${named.length === 1 ? 'file' : 'files'} up to date.`,
  )
}

/** Official images say it of themselves, others may in their tag; null where neither does. */
export function nodeVersionIn(image: string, environment: readonly string[]): string | null {
  const said = environment.flatMap((line) => /^NODE_VERSION=v?(\d+\.\d+\.\d+)$/.exec(line)?.[1] ?? [])
  return said[0] ?? /:v?(\d+(?:\.\d+){0,2})(?=$|[-@])/.exec(image)?.[1] ?? null
}

const imageSchema = z.object({ Config: z.object({ Env: z.array(z.string()).nullish() }).nullish() })

async function environmentOf(docker: Docker, image: string, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const inspected: unknown = await ask(signal, () => docker.getImage(image).inspect())
    return imageSchema.parse(inspected).Config?.Env ?? []
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return []
    throw cause
  }
}
