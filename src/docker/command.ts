import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReleaseError, reasonOf } from '../release/errors.ts'
import type { LogSink } from '../release/ports.ts'
import { collectOutput, type Output } from './output.ts'
import { type Child, ended, spawnGroup, stopOnce } from './process-group.ts'

const MAX_CAPTURED_BYTES = 16 * 1024 * 1024

export type Command = {
  argv: readonly [string, ...string[]]
  cwd: string
  /** The whole environment; nothing is inherited. */
  env: Readonly<Record<string, string>>
  /** Ends the whole process group: SIGTERM, and SIGKILL 5 s later. */
  signal: AbortSignal
  timeoutMs: number
  /** Gets every line of both streams as it comes, cleaned. */
  log?: LogSink
  stdin?: Readable | undefined
  /** Gets the bytes of stdout. `capture` returns them instead (at most 16 MiB); `log` then gets stderr alone. */
  stdout?: Writable | 'capture'
}

export type CommandResult = {
  /** The exit code, or 128 where a signal ended it. */
  code: number
  captured: Buffer
  /** The last lines of both streams, at most 200. */
  lines: string[]
}

/** A program that could not be started, took too long or wrote too much. */
export class CommandFailure extends Error {
  readonly lines: readonly string[]

  constructor(message: string, lines: readonly string[], cause?: unknown) {
    super(message, { cause })
    this.name = 'CommandFailure'
    this.lines = lines
  }
}

/**
 * Runs one program and answers when it and its output have ended; a bad exit code is an answer, not a throw.
 * Throws `aborted` when `signal` ended it (after the process is gone), `CommandFailure` otherwise.
 */
export async function runCommand(command: Command): Promise<CommandResult> {
  throwIfAborted(command.signal)
  const output = collectOutput(command.log ?? (() => undefined))
  const child = spawnGroup(command.argv, command)
  const stop = stopOnce(child)
  const capture = capturer(stop)
  const deadline = AbortSignal.timeout(command.timeoutMs)
  command.signal.addEventListener('abort', stop)
  deadline.addEventListener('abort', stop)
  try {
    const [code] = await Promise.all([ended(child), connect(child, command, output, capture.take)])
    return finished(command, {
      code,
      isLate: deadline.aborted,
      captured: capture.bytes(),
      lines: output.lines(),
    })
  } finally {
    command.signal.removeEventListener('abort', stop)
    deadline.removeEventListener('abort', stop)
  }
}

/** Throws the domain's error once `signal` has been aborted: its own reason where that is one, else `aborted`. */
export function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return
  if (signal.reason instanceof ReleaseError) throw signal.reason
  throw new ReleaseError('aborted', {}, { cause: signal.reason })
}

/** The end of what a program wrote, for an error's detail. */
export function lastLines(lines: readonly string[], count: number): string {
  return lines.slice(-count).join('\n')
}

/** Why a program could not do its work, from a `CommandFailure` or any other throw. */
export function failureOf(cause: unknown): { reason: string; lines: readonly string[] } {
  return { reason: reasonOf(cause), lines: cause instanceof CommandFailure ? cause.lines : [] }
}

type Ending = { code: number | Error; isLate: boolean; captured: Buffer | null; lines: string[] }

function finished({ argv: [program], signal, timeoutMs }: Command, ending: Ending): CommandResult {
  const { code, isLate, captured, lines } = ending
  throwIfAborted(signal)
  if (code instanceof Error) {
    throw new CommandFailure(`${program} can not be started: ${code.message}`, lines, code)
  }
  if (isLate) throw new CommandFailure(`${program} took longer than ${inWords(timeoutMs)}`, lines)
  if (!captured) throw new CommandFailure(`${program} wrote more than 16 MiB`, lines)
  return { code, captured, lines }
}

/** Collects stdout up to the cap; beyond it stops the program and answers null. */
function capturer(stop: () => void): { take(chunk: Buffer): void; bytes(): Buffer | null } {
  const chunks: Buffer[] = []
  let length = 0
  return {
    take: (chunk) => {
      length += chunk.length
      if (length > MAX_CAPTURED_BYTES) stop()
      else chunks.push(chunk)
    },
    bytes: () => (length > MAX_CAPTURED_BYTES ? null : Buffer.concat(chunks)),
  }
}

/** Joins the child's streams. A broken pipe is no error of its own: the exit code says why a program stopped reading. */
async function connect(
  { stdin, stdout, stderr }: Child,
  command: Command,
  output: Output,
  capture: (chunk: Buffer) => void,
): Promise<void> {
  const ignore = (): undefined => undefined
  stderr.on('data', output.stderr.write).once('close', output.stderr.end)
  const flows = [pipeline(command.stdin ?? Readable.from([]), stdin).catch(ignore)]
  if (command.stdout instanceof Writable) flows.push(pipeline(stdout, command.stdout).catch(ignore))
  else if (command.stdout === 'capture') stdout.on('data', capture)
  else stdout.on('data', output.stdout.write).once('close', output.stdout.end)
  await Promise.all(flows)
}

function inWords(timeoutMs: number): string {
  if (timeoutMs < 1_500) return '1 second'
  if (timeoutMs < 120_000) return `${Math.round(timeoutMs / 1000)} seconds`
  return `${Math.round(timeoutMs / 60_000)} minutes`
}
