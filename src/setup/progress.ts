import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { hostEnvironment } from '../config/host-environment.ts'

/** Tells one line of what a step is doing. */
export type Say = (line: string) => void

export type Progress = {
  /**
   * Runs one step under a title, showing the elapsed time and what it says while it runs, and the outcome when it ends.
   * What it said last is no outcome, so that the end tells nothing but `outcome`, where there is one.
   */
  step<T>(title: string, work: (say: Say) => Promise<T>, outcome?: (result: T) => string | null): Promise<T>
  /** A line of its own between steps. */
  note(line: string): void
  close(): void
}

const HEARTBEAT_MS = 10_000
const FRAME_MS = 120
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const VOICES = {
  plain: { dim: '', green: '', red: '', reset: '' },
  coloured: { dim: '\x1b[2m', green: '\x1b[32m', red: '\x1b[31m', reset: '\x1b[0m' },
}

/** Progress on `out`: a moving line on a terminal, plain lines with a heartbeat elsewhere. Every line also goes to the file `logPath`. */
export function createProgress(out: NodeJS.WriteStream, logPath: string): Progress {
  const environment = hostEnvironment()
  const isTerminal = Boolean(out.isTTY) && !environment.isDumbTerminal
  const voice = isTerminal && environment.hasColour ? VOICES.coloured : VOICES.plain
  const startedAt = performance.now()
  mkdirSync(dirname(logPath), { recursive: true })
  const log = openSync(logPath, 'a', 0o600)

  function record(line: string): void {
    writeSync(log, `${new Date().toISOString()} ${line}\n`)
  }

  function note(line: string): void {
    record(line)
    out.write(`${line}\n`)
  }

  async function step<T>(
    title: string,
    work: (say: Say) => Promise<T>,
    outcome: (result: T) => string | null = () => null,
  ): Promise<T> {
    const begunAt = performance.now()
    let latest = ''
    let frame = 0
    record(`${title} …`)

    function draw(): void {
      frame += 1
      const spinner = FRAMES[frame % FRAMES.length]
      const line = `${spinner} ${title}  ${seconds(begunAt)}${latest === '' ? '' : `  ${latest}`}`
      const room = (out.columns ?? 80) - 1
      out.write(`\r\x1b[2K${line.slice(0, room)}`)
    }

    function beat(): void {
      out.write(`  … ${title}, ${seconds(begunAt)}${latest === '' ? '' : `: ${latest}`}\n`)
    }

    const timer = isTerminal ? setInterval(draw, FRAME_MS) : setInterval(beat, HEARTBEAT_MS)
    timer.unref()
    const say: Say = (line) => {
      latest = line.replace(/\s+/g, ' ').trim()
      record(`  ${line}`)
    }
    try {
      const result = await work(say)
      finish(`${voice.green}✓${voice.reset} ${title}`, outcome(result), begunAt)
      return result
    } catch (error) {
      finish(`${voice.red}✗${voice.reset} ${title}`, null, begunAt)
      throw error
    } finally {
      clearInterval(timer)
    }
  }

  function finish(head: string, outcome: string | null, begunAt: number): void {
    const told = outcome === null ? '' : `${voice.dim}: ${outcome}${voice.reset}`
    record(`${head}${outcome === null ? '' : `: ${outcome}`} (${seconds(begunAt)})`)
    out.write(
      `${isTerminal ? '\r\x1b[2K' : ''}${head}${told}  ${voice.dim}${seconds(begunAt)}, ${seconds(startedAt)} in all${voice.reset}\n`,
    )
  }

  return { step, note, close: () => closeSync(log) }
}

function seconds(since: number): string {
  const elapsedMs = performance.now() - since
  if (elapsedMs < 60_000) return `${(elapsedMs / 1000).toFixed(1)} s`
  const whole = Math.round(elapsedMs / 1000)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
