import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { linkedPackages, programsOf, readLockfile, readManifest } from './local-packages.mjs'

/** @typedef {{ directory: string, script: string }} OwnScript */

/**
 * The lifecycle scripts that `npm ci` runs of the project itself: of workspaces and linked packages first, then the root's.
 * `npm run install` and `npm run prepare` run their `pre` and `post` as well.
 *
 * @param {string} directory
 * @returns {OwnScript[]}
 */
export function ownScripts(directory) {
  if (ignoresScripts(directory)) return []
  const linked = linkedPackages(readLockfile(directory)).flatMap((path) =>
    named(path, scriptsOf(join(directory, path)), ['preinstall', 'prepare', 'install', 'postinstall']),
  )
  const root = scriptsOf(directory)
  return [
    ...linked,
    ...named('.', root, [
      'preinstall',
      'install',
      'postinstall',
      'prepublish',
      'preprepare',
      'prepare',
      'postprepare',
    ]),
  ]
}

/**
 * Runs them, each as npm does, and links the programs of linked packages in between, which may have been made by then.
 * Answers with the exit code of the first that fails, else 0.
 *
 * @param {string} directory
 * @param {readonly string[]} prefix What npm is started with.
 * @returns {number}
 */
export function runOwnScripts(directory, prefix) {
  const scripts = ownScripts(directory)
  return (
    runAll(scripts.filter(({ directory: path }) => path !== '.')) ||
    linkPrograms(directory, prefix) ||
    runAll(scripts.filter(({ directory: path }) => path === '.'))
  )

  /** @param {OwnScript[]} some */
  function runAll(some) {
    for (const { directory: path, script } of some) {
      console.log(`npm run ${script}${path === '.' ? '' : ` (${path})`}`)
      const code = run([...prefix, 'npm', 'run', script], join(directory, path))
      if (code === 0) continue
      console.error(`The script ${script} of ${join(path, 'package.json')} ended with exit code ${code}.`)
      return code
    }
    return 0
  }
}

/**
 * npm makes each program of a package executable once, as it links it, and the source has come over them since.
 *
 * @param {string} directory
 * @param {readonly string[]} prefix
 * @returns {number}
 */
function linkPrograms(directory, prefix) {
  const programs = linkedPackages(readLockfile(directory)).flatMap((path) =>
    programsOf(readManifest(join(directory, path)) ?? {}).map((file) => join(directory, path, file)),
  )
  if (programs.length === 0) return 0
  const code = run([...prefix, 'npm', 'rebuild', '--ignore-scripts'], directory)
  for (const program of programs) if (existsSync(program)) chmodSync(program, 0o755)
  return code
}

/**
 * @param {readonly string[]} argv
 * @param {string} cwd
 * @returns {number}
 */
export function run([program = '', ...args], cwd) {
  const { status, signal } = spawnSync(program, args, { cwd, stdio: 'inherit' })
  // As shells do, so that whoever reads the code knows that it was ended and by what.
  return signal === null ? (status ?? 1) : 128 + constants.signals[signal]
}

/**
 * @param {string} path
 * @param {Record<string, string>} scripts
 * @param {readonly string[]} events
 * @returns {OwnScript[]}
 */
function named(path, scripts, events) {
  const covered = new Set(
    ['install', 'prepare'].flatMap((main) => (main in scripts ? [`pre${main}`, `post${main}`] : [])),
  )
  return events
    .filter((event) => event in scripts && !covered.has(event))
    .map((script) => ({ directory: path, script }))
}

/**
 * @param {string} directory
 * @returns {Record<string, string>}
 */
function scriptsOf(directory) {
  const scripts = readManifest(directory)?.scripts ?? {}
  const isNative = existsSync(join(directory, 'binding.gyp')) && !scripts.install && !scripts.preinstall
  return isNative ? { ...scripts, install: 'node-gyp rebuild' } : scripts
}

/** @param {string} directory */
function ignoresScripts(directory) {
  const path = join(directory, '.npmrc')
  return existsSync(path) && /^\s*ignore-scripts\s*=\s*["']?true["']?\s*$/m.test(readFileSync(path, 'utf8'))
}
