import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** A program that has been asked to stop gets this long before it is killed. */
const KILL_AFTER_MS = 5_000
/** Output of a program that has ended; longer only if a child of it holds the pipe open. */
const DRAIN_AFTER_EXIT_MS = 2_000

export type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** Starts a program in a process group of its own, so that a stop reaches the plugins that it starts as well. */
export function spawnGroup(
  argv: readonly [string, ...string[]],
  options: { cwd: string; env: Readonly<Record<string, string>> },
): Child {
  const [program, ...args] = argv
  return spawn(program, args, {
    cwd: options.cwd,
    // Next types NODE_ENV as always there; none of the programs run here reads it.
    env: { NODE_ENV: 'production', ...options.env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Answers with a function that asks the whole group to end, and kills it when it has not within 5 s. Safe to call twice. */
export function stopOnce(child: Child): () => void {
  let isStopping = false
  return () => {
    if (isStopping) return
    isStopping = true
    signalGroup(child, 'SIGTERM')
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), KILL_AFTER_MS)
    child.once('close', () => clearTimeout(timer))
  }
}

/** The exit code (128 where a signal ended it) once the output has ended too, or the error of a program that could not be started. */
export function ended(child: Child): Promise<number | Error> {
  return new Promise((resolve) => {
    child.once('error', resolve)
    child.once('close', (code) => resolve(code ?? 128))
    child.once('exit', () => {
      const timer = setTimeout(() => {
        signalGroup(child, 'SIGKILL')
        for (const stream of child.stdio) stream?.destroy()
      }, DRAIN_AFTER_EXIT_MS)
      child.once('close', () => clearTimeout(timer))
    })
  })
}

function signalGroup({ pid }: Child, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (cause) {
    // It has ended in the meantime: what was wanted.
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause
  }
}
