#!/usr/bin/env node
// The one entry: `npm run up|down|status|logs` and `npx switchyard …`. Plain JavaScript for the Node that the host has
// (20 or newer); it gets the packages of the lockfile, then hands over to the Node among them.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensurePackages, giveUp, pinnedNode, root } from './packages.mjs'

const SET_UP = ['up', 'down', 'prepare']

/** Takes the place of this process as nearly as Node can: its streams, signals and exit code. */
function handOver(script, args) {
  // Reading the source takes most of a short command's time. Where nothing can be written there, Node goes without.
  const env = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'switchyard'), ...process.env }
  const child = spawn(pinnedNode, [join(root, script), ...args], { stdio: 'inherit', env })
  // A terminal sends its signals to the child as well; a second one would mean "at once" to it.
  const forwarded = process.stdin.isTTY ? ['SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of forwarded) process.on(signal, () => child.kill(signal))
  if (process.stdin.isTTY) for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
  child.once('error', (error) =>
    giveUp(
      `The Node of the lockfile could not be started: ${error.message}`,
      'Run `npm ci`, then the command again.',
    ),
  )
  child.once('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

const args = process.argv.slice(2)
await ensurePackages()
handOver(SET_UP.includes(args[0]) ? 'src/setup/main.ts' : 'src/cli/main.ts', args)
