import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const manifestSchema = z.object({
  node: z.record(z.string(), z.unknown()),
  edge: z.record(z.string(), z.unknown()).default({}),
})

let known: Promise<ReadonlySet<string>> | undefined

/** The ids of this build's server actions, as Next wrote them down. Throws where they cannot be read, and tries anew the next time. */
export function knownActions(): Promise<ReadonlySet<string>> {
  known ??= readManifest(process.cwd()).catch((cause) => {
    known = undefined
    throw cause
  })
  return known
}

/** `directory` is where the build stands; Next's standalone server works in it. */
export async function readManifest(directory: string): Promise<ReadonlySet<string>> {
  const path = join(/* turbopackIgnore: true */ directory, '.next/server/server-reference-manifest.json')
  const { node, edge } = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  return new Set([...Object.keys(node), ...Object.keys(edge)])
}
