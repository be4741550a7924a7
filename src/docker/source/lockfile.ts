import { absentPlaces, lockfileSchema, type Misfit, manifestSchema, misfits } from './lockfile-fit.ts'
import { jsonIn, type SourceReader } from './source-reader.ts'

const OTHERS = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'Yarn'],
  ['bun.lock', 'Bun'],
  ['bun.lockb', 'Bun'],
] as const
const OWN = ['npm-shrinkwrap.json', 'package-lock.json']
const SHOWN = 3
const HOW = '`npm install --package-lock-only` makes one; commit it, then deploy again.'

/**
 * Why `npm ci` would refuse a source, in a sentence; null where it would not. `paths` is what is built, and `read` its
 * texts.
 */
export async function lockfileProblem(paths: readonly string[], read: SourceReader): Promise<string | null> {
  if (!paths.includes('package.json'))
    return 'The source has no package.json, so there is nothing to install.'
  const own = OWN.find((name) => paths.includes(name))
  if (own === undefined) return withoutLockfile(paths)
  const manifest = manifestSchema.safeParse(jsonIn(await read('package.json')))
  const lockfile = lockfileSchema.safeParse(jsonIn(await read(own)))
  if (!manifest.success) return 'package.json can not be read: it is not JSON as npm expects it.'
  if (!lockfile.success) return `${own} can not be read: it is not JSON as npm expects it. ${HOW}`
  const found = await misfits(
    lockfile.data,
    paths,
    async (path) => manifestSchema.safeParse(jsonIn(await read(path))).data ?? null,
  )
  if (found.length === 0) return null
  return `${own} does not fit ${found.map(inWords).join(', nor ')}. \`npm install\` brings it up to date; commit it, then deploy again.`
}

/** The places of packages that the source does not have, though its lockfile takes packages from there. */
export async function absentPackages(paths: readonly string[], read: SourceReader): Promise<string[]> {
  const own = OWN.find((name) => paths.includes(name))
  const lockfile = lockfileSchema.safeParse(own === undefined ? null : jsonIn(await read(own)))
  return lockfile.success ? absentPlaces(lockfile.data, paths) : []
}

function inWords({ manifest, words }: Misfit): string {
  const shown = words.slice(0, SHOWN)
  const more = words.length - shown.length
  return `${manifest}: it has ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function withoutLockfile(paths: readonly string[]): string {
  const other = OTHERS.find(([file]) => paths.includes(file))
  if (other === undefined)
    return `The source has no package-lock.json, without which \`npm ci\` installs nothing: ${HOW}`
  const [file, manager] = other
  return `The source has ${file} of ${manager} and no package-lock.json, and a build installs with npm alone: ${HOW}`
}
