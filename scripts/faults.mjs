// `npm run test:faults [-- OPTIONS]`: every fault at every point of a release. Plain JavaScript for the host's own Node.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ensureFaketime, ensureNetworkTools } from './host-tools.mjs'
import { ensurePackages, pinnedNode, root } from './packages.mjs'

const bin = join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }

// A terminal's Ctrl-C, or its end, reaches the run too, which removes its machines first; this process waits for it.
let child = null
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)
process.on('SIGTERM', () => child?.kill('SIGTERM'))

function run(script, args) {
  child = spawn(pinnedNode, [join(root, script), ...args], { cwd: root, stdio: 'inherit', env })
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`The Node of the lockfile could not be started: ${error.message}`)
      resolve(1)
    })
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
}

await ensurePackages()
if (!ensureNetworkTools() || !ensureFaketime()) process.exit(1)
const prepared = await run('src/setup/main.ts', ['prepare', '--yes'])
process.exit(prepared === 0 ? await run('test/faults/main.ts', process.argv.slice(2)) : prepared)
