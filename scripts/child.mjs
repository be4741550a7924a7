// Runs programs of this repository on the Node of the lockfile. Plain JavaScript for the host's own Node, as scripts/test.mjs.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { pinnedNode, root } from './packages.mjs'

const bin = join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }

// A terminal's Ctrl-C, or its end, reaches the child too, which removes what it made first; this process waits for it.
const children = new Set()
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)
process.on('SIGTERM', () => {
  for (const child of children) child.kill('SIGTERM')
})

/** Answers with the exit code. */
export function runChild(script, args = []) {
  const child = spawn(pinnedNode, [join(root, script), ...args], { cwd: root, stdio: 'inherit', env })
  children.add(child)
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`The Node of the lockfile could not be started: ${error.message}`)
      resolve(1)
    })
    child.once('close', (code, signal) => {
      children.delete(child)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1))
    })
  })
}
