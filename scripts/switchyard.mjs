#!/usr/bin/env node
// The one entry of a checkout: `npm run up|down|status|logs` and `npx switchyard …`. Plain JavaScript for the Node that the
// host has (20 or newer). Set-up gets the packages of the lockfile and runs on the Node among them. Everything else is what
// the director keeps in state/cli, whatever has become of the packages and of the files under git.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const SET_UP = ['up', 'down', 'prepare']
const UNREACHABLE = 69
const root = join(realpathSync(fileURLToPath(import.meta.url)), '..', '..')
const kept = join(root, 'state', 'cli', 'current')
const args = process.argv.slice(2)

if (SET_UP.includes(args[0])) await runFromPackages('src/setup/main.ts')
else if (existsSync(join(kept, 'main.mjs'))) await runKept()
else if (isNeverSetUp()) tellNeverSetUp()
else await runFromPackages('src/cli/main.ts')

/** In this very process, but for what its Node lacks: the doctor reads a database. */
async function runKept() {
  process.env.SWITCHYARD_DIR ??= root
  if (args[0] === 'doctor' && !module.isBuiltin('node:sqlite')) {
    handOver('/bin/sh', [join(kept, 'switchyard'), ...args])
    return
  }
  module.enableCompileCache?.(join(root, 'state', 'cli', 'cache'))
  await import(pathToFileURL(join(realpathSync(kept), 'main.mjs')))
}

/** Where no packages are either; installing them would take a minute, and tell no more. */
function isNeverSetUp() {
  const files = ['state/deployment_state.env', 'state/deployment_state.env.copy', 'node_modules/.bin/node']
  return args.length > 0 && !args[0].startsWith('-') && !files.some((file) => existsSync(join(root, file)))
}

function tellNeverSetUp() {
  const what = 'Switchyard is not up here: it was never set up.'
  const next = 'Bring the system up with `npm run up`, then try again.'
  if (args.includes('--json')) {
    console.log(JSON.stringify({ error: { code: 'internal', what, live: '', next, detail: null } }))
  } else console.error(`${what}\n${next}`)
  process.exitCode = UNREACHABLE
}

async function runFromPackages(script) {
  const { ensurePackages, pinnedNode } = await import('./packages.mjs')
  await ensurePackages()
  // Reading the source takes most of a short command's time. Where nothing can be written there, Node goes without.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'switchyard')
  handOver(pinnedNode, [join(root, script), ...args])
}

/** Takes the place of this process as nearly as Node can: its streams, signals and exit code. */
function handOver(program, programArgs) {
  const child = spawn(program, programArgs, { stdio: 'inherit' })
  // A terminal sends its signals to the child as well; a second one would mean "at once" to it.
  const forwarded = process.stdin.isTTY ? ['SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of forwarded) process.on(signal, () => child.kill(signal))
  if (process.stdin.isTTY) for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
  child.once('error', (error) => {
    console.error(
      `${program} could not be started: ${error.message}\nRun \`npm ci\`, then the command again.`,
    )
    process.exit(1)
  })
  child.once('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}
