// `node scripts/install-inputs.mjs TARGET`: copies what `npm ci` reads of the project in the present directory to TARGET, so
// that the layer of the installed packages stays until one of these files changes. The project's own lifecycle scripts may
// read anything and are left out here: scripts/own-scripts.mjs runs them once the whole source is there.
import { cpSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  certificatesOf,
  copiedPackages,
  LOCKFILES,
  linkedPackages,
  programsOf,
  readLockfile,
  readManifest,
} from './local-packages.mjs'

const target = process.argv[2]
if (!target) throw new Error('Name the directory to copy to.')
mkdirSync(target, { recursive: true })

const lockfile = readLockfile('.')

if (lockfile !== null && lockfile.packages === undefined) {
  // The first version of the lockfile does not say where packages lie.
  cpSync('.', target, { recursive: true, verbatimSymlinks: true, filter: (path) => path !== 'node_modules' })
}
for (const file of LOCKFILES) copy(file)
for (const path of copiedPackages(lockfile)) copy(path)
for (const directory of ['.', ...linkedPackages(lockfile)]) copyManifest(directory)
copy('.npmrc')
for (const path of certificatesOf('.')) copy(path)

/** @param {string} directory */
function copyManifest(directory) {
  const manifest = readManifest(directory)
  if (manifest === null) {
    copy(join(directory, 'package.json'))
    return
  }
  const { scripts: _, ...rest } = manifest
  const path = join(target ?? '', directory, 'package.json')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify(rest, null, 2))
  // npm makes no link to a program that is not there.
  for (const file of programsOf(manifest)) copy(join(directory, file))
}

/** @param {string} path */
function copy(path) {
  if (path.split('/').includes('..') || !isThere(path)) return
  cpSync(path, join(target ?? '', path), { recursive: true, verbatimSymlinks: true })
}

/** @param {string} path */
function isThere(path) {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
