// `npm run bench [-- GROUP …]` and `npm run bench:full`. Plain JavaScript for the host's own Node, as scripts/test.mjs.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ensureChromium, ensureNetworkTools } from './host-tools.mjs'
import { ensurePackages, pinnedNode, root } from './packages.mjs'

const bin = join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }

// A terminal's Ctrl-C, or its end, reaches the benchmark too, which removes its containers first; this process waits for it.
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
if (!ensureChromium() || !ensureNetworkTools())
  console.error('The groups that drive a browser will fail; all others are measured.')
const prepared = await run('src/setup/main.ts', ['prepare', '--yes'])
process.exit(prepared === 0 ? await run('bench/main.ts', process.argv.slice(2)) : prepared)
