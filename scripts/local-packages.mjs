import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {{ scripts?: Record<string, string>, bin?: string | Record<string, string>, directories?: { bin?: string } }} Manifest */

/**
 * What of a lockfile of npm tells where a package lies inside the project.
 *
 * @typedef {{ lockfileVersion?: number, packages?: Record<string, { resolved?: string, link?: boolean }>,
 *   dependencies?: Record<string, Former> }} Lockfile
 */

/**
 * A package as the first version of the lockfile has it: what is in a file has its address for a version.
 *
 * @typedef {{ version?: string }} Former
 */

/** The names of npm's lockfile; the first one that is there counts. */
export const LOCKFILES = ['npm-shrinkwrap.json', 'package-lock.json']

/**
 * The lockfile of the project in `directory`; null where there is none that can be read, which npm tells best.
 *
 * @param {string} directory
 * @returns {Lockfile | null}
 */
export function readLockfile(directory) {
  const name = LOCKFILES.find((file) => existsSync(join(directory, file)))
  return name === undefined ? null : readJson(join(directory, name))
}

/**
 * The directories of workspaces and of `file:` packages that npm links, relative to the project. One outside of it is none.
 *
 * @param {Lockfile | null} lockfile
 * @returns {string[]}
 */
export function linkedPackages(lockfile) {
  const former = formerFiles(lockfile).filter((path) => !ARCHIVE.test(path))
  return [...Object.keys(lockfile?.packages ?? {}), ...former]
    .filter((path) => path !== '' && isInside(path) && !/(^|\/)node_modules\//.test(path))
    .sort()
}

/**
 * The `file:` packages that npm unpacks instead: archives, and directories where `install-links` is set.
 *
 * @param {Lockfile | null} lockfile
 * @returns {string[]}
 */
export function copiedPackages(lockfile) {
  const former = formerFiles(lockfile).filter((path) => ARCHIVE.test(path))
  return Object.values(lockfile?.packages ?? {})
    .flatMap(({ resolved, link }) =>
      resolved?.startsWith('file:') && !link ? [resolved.slice('file:'.length)] : [],
    )
    .concat(former)
    .filter(isInside)
    .sort()
}

const ARCHIVE = /\.(?:tgz|tar|tar\.gz)$/

/**
 * The `file:` packages of a lockfile that does not say where packages lie.
 *
 * @param {Lockfile | null} lockfile
 * @returns {string[]}
 */
function formerFiles(lockfile) {
  if (lockfile === null || lockfile.packages !== undefined) return []
  return Object.values(lockfile.dependencies ?? {}).flatMap(({ version }) =>
    version?.startsWith('file:') ? [version.slice('file:'.length)] : [],
  )
}

/**
 * The manifest of the package in `directory`; null where there is none that can be read.
 *
 * @param {string} directory
 * @returns {Manifest | null}
 */
export function readManifest(directory) {
  return readJson(join(directory, 'package.json'))
}

/**
 * The certificates that the `.npmrc` of the project in `directory` names, relative to it. One outside of it is none.
 *
 * @param {string} directory
 * @returns {string[]}
 */
export function certificatesOf(directory) {
  const npmrc = join(directory, '.npmrc')
  if (!existsSync(npmrc)) return []
  return [...readFileSync(npmrc, 'utf8').matchAll(CERTIFICATES)].map(([, path = '']) => path).filter(isInside)
}

const CERTIFICATES = /^\s*cafile\s*=\s*["']?([^/"'\s][^"'\r\n]*?)["']?\s*$/gm

/** @param {string} path */
function readJson(path) {
  try {
    // As npm does: some editors write a byte order mark.
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null
    throw error
  }
}

/** @param {string} path */
function isInside(path) {
  return !path.startsWith('/') && !path.split('/').includes('..')
}

/**
 * The files, or the one directory, of the programs that a package brings, relative to it.
 *
 * @param {Manifest} manifest
 * @returns {string[]}
 */
export function programsOf({ bin, directories }) {
  const named = typeof bin === 'string' ? [bin] : Object.values(bin ?? {})
  return directories?.bin === undefined ? named : [...named, directories.bin]
}
