// The packages of the lockfile, and the Node among them. Plain JavaScript for the Node that the host has (20 or newer).
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readLockfile } from './local-packages.mjs'

export const root = join(realpathSync(fileURLToPath(import.meta.url)), '..', '..')
const modules = join(root, 'node_modules')
export const pinnedNode = join(modules, '.bin', 'node')
const HEARTBEAT_MS = 10_000

/** Ends with what happened and what to do. */
export function giveUp(what, next) {
  console.error(`${what}\n${next}`)
  process.exit(1)
}

/** Makes the packages be the lockfile's and their Node run, and links this project's own command among them. */
export async function ensurePackages() {
  await installPackages()
  ensureLibrary()
  linkCommand()
}

// A hash of the lockfile, kept beside the packages, says whether they are the lockfile's: times lie after a checkout.
async function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const marker = join(modules, '.switchyard-lock')
  const found = existsSync(marker) ? readFileSync(marker, 'utf8') : null
  if (found === wanted && existsSync(pinnedNode)) return
  if (found === null && isInstalledByHand()) return void writeFileSync(marker, wanted)
  await npmCi()
  writeFileSync(marker, wanted)
}

function isInstalledByHand() {
  const installed = join(modules, '.package-lock.json')
  if (!existsSync(installed) || !existsSync(pinnedNode)) return false
  const { packages } = JSON.parse(readFileSync(installed, 'utf8'))
  const wanted = readLockfile(root)?.packages
  // A lockfile of the first version does not say what lies where.
  if (wanted === undefined) return false
  return (
    Object.entries(packages).every(([name, { version }]) => wanted[name]?.version === version) &&
    Object.entries(wanted).every(
      ([name, { optional }]) => name === '' || optional || packages[name] !== undefined,
    )
  )
}

// Without install scripts: they run on the pinned Node, which may lack its library yet, and nothing here needs one.
async function npmCi() {
  const startedMs = performance.now()
  const elapsed = () => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`
  console.error('Installing the packages of the lockfile (npm ci) …')
  const timer = setInterval(() => console.error(`  … still installing packages, ${elapsed()}`), HEARTBEAT_MS)
  const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // What npm says is not the command's output, which may be JSON.
    stdio: ['ignore', 2, 'inherit'],
  })
  const code = await new Promise((resolve) => child.once('error', () => resolve(127)).once('close', resolve))
  clearInterval(timer)
  if (code !== 0)
    giveUp('The packages could not be installed.', 'Mend what npm says above, then run the command again.')
  console.error(`✓ Packages installed  ${elapsed()}`)
}

/** npx looks for a project's own command here before it asks a registry. */
function linkCommand() {
  const link = join(modules, '.bin', 'switchyard')
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined)
    symlinkSync('../../scripts/switchyard.mjs', link)
}

// The pinned Node needs libatomic.so.1, which small systems lack: it is unpacked beside the packages, not installed, and
// a small script that names it takes the place of npm's link to Node.
function ensureLibrary() {
  const { status, stderr } = spawnSync(pinnedNode, ['--version'], { encoding: 'utf8' })
  if (status === 0) return
  if (!stderr?.includes('libatomic')) {
    giveUp(
      `The Node of the lockfile does not run on this machine: ${stderr?.trim() || 'no reason given'}`,
      'Use a 64-bit Linux with glibc, on x64 or arm64.',
    )
  }
  unpackLibatomic(join(modules, '.switchyard-lib'))
  const binary = relative(join(modules, '.bin'), realpathSync(pinnedNode))
  const script = [
    '#!/bin/sh',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it
    'here=${0%/*}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it
    'export LD_LIBRARY_PATH="$here/../.switchyard-lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"',
    `exec "$here/${binary}" "$@"`,
  ]
  unlinkSync(pinnedNode)
  writeFileSync(pinnedNode, `${script.join('\n')}\n`, { mode: 0o755 })
}

function unpackLibatomic(target) {
  const work = mkdtempSync(join(tmpdir(), 'switchyard-lib-'))
  const quiet = { cwd: work, encoding: 'utf8' }
  const download = () =>
    spawnSync('apt-get', ['download', '-q', '-o', 'APT::Sandbox::User=root', 'libatomic1'], quiet)
  if (download().status !== 0) {
    spawnSync('apt-get', ['update', '-q'], quiet)
    download()
  }
  const archive = readdirSync(work).find((name) => name.endsWith('.deb'))
  if (archive === undefined)
    giveUp(
      'The Node of the lockfile needs the library libatomic.so.1.',
      'Install it (Debian, Ubuntu: apt-get install libatomic1; Fedora: dnf install libatomic), then run the command again.',
    )
  spawnSync('dpkg-deb', ['-x', join(work, archive), work], quiet)
  const found = readdirSync(work, { recursive: true }).find((name) => name.endsWith('libatomic.so.1'))
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'libatomic.so.1'), readFileSync(join(work, found)))
  rmSync(work, { recursive: true, force: true })
}
