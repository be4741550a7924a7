import { hostEnvironment } from '../config/host-environment.ts'
import { CommandFailure, runCommand } from '../docker/command.ts'

export type HostCommand = {
  cwd?: string
  /** Added to this process's own environment. */
  env?: Readonly<Record<string, string>>
  timeoutMs: number
  /** Gets every line of both streams as it comes. */
  onLine?: (line: string) => void
}

/** Runs a program on the host and gives its last lines. Throws `CommandFailure` on any exit code but 0. */
export async function runOnHost(
  argv: readonly [string, ...string[]],
  options: HostCommand,
): Promise<readonly string[]> {
  const { code, lines } = await runCommand({
    argv,
    cwd: options.cwd ?? '/',
    env: { ...hostEnvironment().variables, ...options.env },
    signal: new AbortController().signal,
    timeoutMs: options.timeoutMs,
    log: options.onLine ?? (() => undefined),
  })
  if (code !== 0) throw new CommandFailure(`\`${argv.join(' ')}\` ended with exit code ${code}`, lines)
  return lines
}

/** The end of what a failed command said, or undefined where `cause` is not one. */
export function saidBy(cause: unknown): string | undefined {
  return cause instanceof CommandFailure ? cause.lines.slice(-30).join('\n') : undefined
}
