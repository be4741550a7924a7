import { matchesGlob, posix } from 'node:path'
import semver from 'semver'
import { z } from 'zod'

const record = z.record(z.string(), z.string()).catch({}).default({})

export const manifestSchema = z.object({
  dependencies: record,
  devDependencies: record,
  optionalDependencies: record,
  overrides: z.unknown().optional(),
  workspaces: z
    .union([
      z.array(z.string()),
      z.object({ packages: z.array(z.string()) }).transform(({ packages }) => packages),
    ])
    .catch([])
    .default([]),
})

export type Manifest = z.infer<typeof manifestSchema>

const lockedSchema = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  link: z.boolean().optional(),
  resolved: z.string().optional(),
  ...{ dependencies: record, devDependencies: record, optionalDependencies: record },
})

export const lockfileSchema = z.object({
  packages: z.record(z.string(), lockedSchema).optional(),
  /** Of the first version, which has no `packages`. */
  dependencies: z.record(z.string(), z.looseObject({ version: z.string().optional() })).optional(),
})

export type Lockfile = z.infer<typeof lockfileSchema>

/** What a manifest asks for and a lockfile has not: `no zod`, `ws 7.0.0 where ^8 is asked for`. */
export type Misfit = { manifest: string; words: string[] }

/**
 * Where a lockfile does not fit the manifests of a source, as `npm ci` would find out before it installs anything. `paths` are
 * those of the source, and `manifestOf` reads one. Only what is certain is told: what overrides change, peers want or tags stand
 * for is left to npm.
 */
export async function misfits(
  { packages, dependencies }: Lockfile,
  paths: readonly string[],
  manifestOf: (path: string) => Promise<Manifest | null>,
): Promise<Misfit[]> {
  const root = await manifestOf('package.json')
  if (root === null) return []
  const overridden = new Set(keysIn(root.overrides))
  if (packages === undefined) {
    const words = wordsFor(askedBy(root), overridden, (name) => ofFirstVersion(dependencies?.[name]), {})
    return words.length === 0 ? [] : [{ manifest: 'package.json', words }]
  }
  const workspaces = workspacesIn(root, paths)
  const linked = Object.keys(packages).filter(
    (path) => path !== '' && !/^\/|(?:^|\/)node_modules\//.test(path),
  )
  const all: Misfit[] = []
  for (const directory of ['', ...new Set([...workspaces, ...linked])]) {
    const manifest = directory === '' ? root : await manifestOf(`${directory}/package.json`)
    if (manifest === null || (directory !== '' && packages[directory] === undefined)) continue
    // npm installs what develops a workspace, and not what develops another package that it links.
    const isOwn = directory === '' || workspaces.includes(directory)
    const recorded = packages[directory] === undefined ? {} : askedBy(packages[directory])
    const words = wordsFor(
      askedBy(isOwn ? manifest : { ...manifest, devDependencies: {} }),
      overridden,
      (name) => nearest(packages, directory, name),
      recorded,
    )
    const unknown = directory === '' ? workspaces.filter((path) => packages[path] === undefined) : []
    const named = [...unknown.map((path) => `no workspace ${path}`), ...words]
    if (named.length > 0) all.push({ manifest: posix.join(directory, 'package.json'), words: named })
  }
  return all
}

/**
 * Where a lockfile takes packages from that are not part of the source: npm links a directory that is not there without a word.
 * What lies in a submodule is there where the submodule is.
 */
export function absentPlaces({ packages }: Lockfile, paths: readonly string[]): string[] {
  const places = Object.values(packages ?? {}).flatMap(({ link, resolved }) => {
    if (resolved === undefined || !(link === true || resolved.startsWith('file:'))) return []
    return [posix.normalize(resolved.replace(/^file:/, '')).replace(/\/$/, '')]
  })
  const isThere = (place: string): boolean =>
    paths.some((path) => path === place || path.startsWith(`${place}/`) || place.startsWith(`${path}/`))
  return [...new Set(places)].filter((place) => place !== '.' && !isThere(place)).sort()
}

type Locked = z.infer<typeof lockedSchema>
type Found = Pick<Locked, 'name' | 'version' | 'link'> | undefined
type Asked = Readonly<Record<string, string>>

const askedBy = (
  one: Pick<Manifest, 'dependencies' | 'devDependencies' | 'optionalDependencies'>,
): Asked => ({
  ...one.dependencies,
  ...one.devDependencies,
  // In the order of the first, and with the last word of these.
  ...one.dependencies,
  ...one.optionalDependencies,
})

function wordsFor(
  asked: Asked,
  overridden: ReadonlySet<string>,
  lockedOf: (name: string) => Found,
  before: Asked,
): string[] {
  return Object.entries(asked)
    .filter(([name]) => !overridden.has(name))
    .flatMap(([name, spec]) => wordsOf(name, spec, lockedOf(name), before[name]))
}

function wordsOf(name: string, spec: string, found: Found, before: string | undefined): string[] {
  if (found === undefined) return [`no ${name}`]
  const { wanted, target } = aliasOf(spec)
  if (target !== null && found.name !== undefined && found.name !== target) {
    return [`${name} from ${found.name} where ${target} is asked for`]
  }
  if (spec.startsWith('file:')) {
    const isSame = before === undefined || placeOf(before) === placeOf(spec)
    return isSame ? [] : [`${name} from ${before} where ${spec} is asked for`]
  }
  // npm takes any version for this one, a prerelease too.
  if (wanted === '' || wanted === '*') return []
  // A linked package is the one in the source, whatever its version. A repository has many names, which npm alone knows.
  const range = semver.validRange(wanted, { loose: true })
  if (found.link === true || range === null || semver.valid(found.version) === null) return []
  if (semver.satisfies(found.version ?? '', range, { loose: true })) return []
  return [`${name} ${found.version} where ${wanted} is asked for`]
}

/** `file:./lib` and `file:lib/` are one. */
const placeOf = (spec: string): string =>
  spec.startsWith('file:') ? posix.join('/', spec.slice('file:'.length), '.') : spec

/** `npm:other@^1`: another package by this name. */
function aliasOf(spec: string): { wanted: string; target: string | null } {
  const [, target = null, wanted = '*'] = /^npm:(@?[^@]+)(?:@(.*))?$/.exec(spec) ?? []
  return target === null ? { wanted: spec, target } : { wanted, target }
}

/** As Node looks for it: beside the workspace, then further up. */
function nearest(packages: NonNullable<Lockfile['packages']>, directory: string, name: string): Found {
  for (let at = directory || '.'; ; at = posix.dirname(at)) {
    const found = packages[posix.join(at, 'node_modules', name)]
    if (found !== undefined || at === posix.dirname(at)) return found
  }
}

/** What it calls a version may be an address, which is none. */
const ofFirstVersion = (found: { version?: string | undefined } | undefined): Found =>
  found === undefined ? undefined : { version: found.version }

/** The directories of the source that are workspaces. */
function workspacesIn({ workspaces }: Manifest, paths: readonly string[]): string[] {
  const cleaned = workspaces.map((pattern) => pattern.replace(/^(!?)(?:\.?\/)+/, '$1').replace(/\/+$/, ''))
  return paths
    .filter((path) => path.endsWith('/package.json') && !/(^|\/)node_modules\//.test(path))
    .map((path) => posix.dirname(path))
    .filter((directory) =>
      cleaned.reduce(
        (isOne, pattern) =>
          pattern.startsWith('!')
            ? isOne && !matchesGlob(directory, pattern.slice(1))
            : isOne || matchesGlob(directory, pattern),
        false,
      ),
    )
    .sort()
}

/** The names that overrides are for, at any depth, without the versions behind them. */
function keysIn(overrides: unknown): string[] {
  if (typeof overrides !== 'object' || overrides === null) return []
  return Object.entries(overrides).flatMap(([key, value]) => [
    key.replace(/(?<=.)@.*$/, ''),
    ...keysIn(value),
  ])
}
