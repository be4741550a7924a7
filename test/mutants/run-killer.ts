import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Killer } from './killers.ts'

const DEADLINE_MS = 300_000

/** Ctrl-C, or an end from outside: what runs removes what it made, and nothing more is begun. */
let isInterrupted = false
let running: ChildProcess | null = null

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    isInterrupted = true
    running?.kill('SIGINT')
  })
}

export type Ran = { code: number | null; output: string; seconds: number }

/** Runs Node in `dir`. What takes longer than five minutes is ended, and its output is what there was. Throws once interrupted. */
export async function runNode(dir: string, argv: readonly string[]): Promise<Ran> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, argv, {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: withoutTestRunner(),
  })
  running = child
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const timer = setTimeout(() => child.kill('SIGINT'), DEADLINE_MS)
  const [code] = await once(child, 'close')
  running = null
  clearTimeout(timer)
  if (isInterrupted) throw new Error('Interrupted.')
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  return { code: typeof code === 'number' ? code : null, output: Buffer.concat(chunks).toString(), seconds }
}

/** Whether it was this killer that failed. */
export const hasKilled = ({ failed }: Killer, { code, output }: Ran): boolean =>
  code !== 0 && failed.test(output)

/** Whether it ran, and passed. */
export const hasPassed = ({ passed }: Killer, { code, output }: Ran): boolean =>
  code === 0 && passed.test(output)

/** A test that is started from within a test would report to that one. */
function withoutTestRunner(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, ...environment } = process.env
  return environment
}
