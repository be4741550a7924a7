import type { LogSink } from '../release/ports.ts'
import { lineSplitter } from './lines.ts'

/** A runaway program must not fill the disk with its log. In characters. */
const MAX_LOGGED_LENGTH = 8 * 1024 * 1024
const KEPT_LINES = 200

export type Output = {
  stdout: ReturnType<typeof lineSplitter>
  stderr: ReturnType<typeof lineSplitter>
  /** The newest lines of both streams, oldest first. */
  lines(): string[]
}

/** What a program writes: each line goes to `log` up to a cap, and the last ones are kept for an error's detail. */
export function collectOutput(log: LogSink): Output {
  const { take, lines } = keepLines(log)
  return { stdout: lineSplitter(take), stderr: lineSplitter(take), lines }
}

/** The same for lines that come one by one. */
export function keepLines(log: LogSink): { take(line: string): void; lines(): string[] } {
  const kept: string[] = []
  let loggedLength = 0
  return {
    lines: () => [...kept],
    take: (line) => {
      kept.push(line)
      if (kept.length > KEPT_LINES) kept.shift()
      if (loggedLength > MAX_LOGGED_LENGTH) return
      loggedLength += line.length + 1
      log(
        loggedLength > MAX_LOGGED_LENGTH
          ? 'Further output of this program is left out: it is too long.'
          : line,
      )
    },
  }
}
