import semver from 'semver'
import { z } from 'zod'
import { jsonIn, type SourceReader } from './source-reader.ts'

/** What a file of a source says about the version of Node that the app is for. */
export type NodeWish = {
  /** As a person knows it: `.nvmrc`, `package.json (engines)`. */
  by: string
  /** As it stands there. */
  wanted: string
  /** What would do. */
  range: string
}

/** The name of a line of long-term support, by its major version. https://github.com/nodejs/Release#release-schedule */
const LTS = [
  ...['argon', 'boron', 'carbon', 'dubnium', 'erbium', 'fermium', 'gallium', 'hydrogen', 'iron', 'jod'],
  'krypton',
]
const FIRST_LTS = 4

const range = z.string().optional().catch(undefined)
const runtime = z.object({ name: z.string(), version: range })
const manifestSchema = z.object({
  engines: z.object({ node: range }).optional().catch(undefined),
  volta: z.object({ node: range }).optional().catch(undefined),
  devEngines: z
    .object({ runtime: z.union([runtime.transform((one) => [one]), z.array(runtime)]) })
    .optional()
    .catch(undefined),
})

/**
 * All that say which Node they want, in words that stand for versions. A file that pins one version is for people's machines, and an
 * image brings patches of its own: its major version is what counts. What names a range is taken at its word.
 */
export async function nodeWishes(read: SourceReader): Promise<NodeWish[]> {
  const pins = [
    ['.nvmrc', firstLine(await read('.nvmrc'))],
    ['.node-version', firstLine(await read('.node-version'))],
    ['.tool-versions', /^(?:nodejs|node)[ \t]+(\S+)/m.exec((await read('.tool-versions')) ?? '')?.[1]],
  ] as const
  const { engines, volta, devEngines } = manifestIn(await read('package.json'))
  const declared = [
    ['package.json (engines)', engines?.node],
    ...(devEngines?.runtime ?? [])
      .filter(({ name }) => name === 'node')
      .map(({ version }) => ['package.json (devEngines)', version] as const),
  ] as const
  return [
    ...[...pins, ['package.json (volta)', volta?.node] as const].flatMap(([by, wanted]) =>
      wishOf(by, wanted, pinnedRange(wanted)),
    ),
    ...declared.flatMap(([by, wanted]) => wishOf(by, wanted, semver.validRange(wanted))),
  ]
}

function wishOf(by: string, wanted: string | undefined, found: string | null): NodeWish[] {
  return wanted === undefined || found === null ? [] : [{ by, wanted, range: found }]
}

/** Null for words that name no version, such as `lts/*`, `node` or `system`. */
function pinnedRange(wanted: string | undefined): string | null {
  const line = /^lts\/([a-z]+)$/i.exec(wanted ?? '')?.[1]
  if (line !== undefined) {
    const index = LTS.indexOf(line.toLowerCase())
    return index < 0 ? null : `${FIRST_LTS + 2 * index}.x`
  }
  const major = /^v?(\d+)(?:\.(?:\d+|x|\*)){0,2}$/.exec(wanted ?? '')?.[1]
  return major === undefined ? null : `${major}.x`
}

function firstLine(text: string | null): string | undefined {
  return (text ?? '')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .find((line) => line !== '')
}

function manifestIn(text: string | null): z.infer<typeof manifestSchema> {
  // What is no manifest is told by `lockfile.ts`.
  return manifestSchema.safeParse(jsonIn(text)).data ?? {}
}
