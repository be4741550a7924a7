import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type LogLine, logLineSchema } from '../director/protocol.ts'
import { reasonOf } from '../release/errors.ts'

const LINE_CAP = 2_000
const FILE_CAP_BYTES = 32 * 1024 * 1024
const READ_CHUNK_BYTES = 256 * 1024
const LINE_END = 0x0a
const LOG_NAME = /^release-(\d{6,})\.log$/

const storedLine = logLineSchema.omit({ offset: true })

type StoredLine = Omit<LogLine, 'offset'>

export type ReleaseLogs = {
  /**
   * Adds lines to the log of a release. Control characters go, long lines are cut, and a log stops at 32 MiB.
   * Never throws: a disk that is full of a build's output must not end the director. What could not be written
   * is said on the console of this process, and in the log once it can be written again.
   */
  append(release: number, step: string, text: string): void
  /**
   * The lines from byte `offset` on, at most 256 KiB of them; `offset` of each line is where the next one begins.
   * What is no whole line is left out: a write may have been cut off.
   */
  read(release: number, offset: number): Promise<LogLine[]>
}

/** The logs as files that take room. */
export type StoredLogs = {
  list(): { release: number; bytes: number }[]
  remove(release: number): void
}

/** Output of releases, one file each, as JSON lines in `dir`: kept, and readable from any point. */
export function releaseLogs(dir: string): ReleaseLogs & StoredLogs {
  mkdirSync(dir, { recursive: true })
  /** Bytes of the logs whose end is known to be the end of a line. */
  const written = new Map<number, number>()
  /** Why the last write to a log failed. */
  const failures = new Map<number, string>()
  const pathOf = (release: number): string => join(dir, `release-${String(release).padStart(6, '0')}.log`)

  function append(release: number, step: string, text: string): void {
    const failure = failures.get(release)
    const lines = text.split('\n').map((line) => stored(step, clean(line)))
    if (failure !== undefined) lines.unshift(stored(step, `Lines are missing here: ${failure}.`))
    try {
      write(release, lines.join(''))
      failures.delete(release)
    } catch (cause) {
      written.delete(release)
      failures.set(release, reasonOf(cause))
      if (failure === undefined)
        console.error(`The log of release ${release} can't be written: ${reasonOf(cause)}.`)
    }
  }

  function write(release: number, lines: string): void {
    const path = pathOf(release)
    const known = written.get(release)
    const size = known ?? statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size > FILE_CAP_BYTES) return
    // A write that failed, or a director that was killed, may have left a part of a line.
    const text = known === undefined && size > 0 ? `\n${lines}` : lines
    appendFileSync(path, text, { mode: 0o600 })
    written.set(release, size + Buffer.byteLength(text))
  }

  async function read(release: number, offset: number): Promise<LogLine[]> {
    let from = offset
    while (true) {
      const chunk = await readChunk(pathOf(release), from)
      const whole = chunk.subarray(0, chunk.lastIndexOf(LINE_END) + 1)
      const lines = linesOf(whole, from)
      if (lines.length > 0 || whole.length === 0) return lines
      from += whole.length
    }
  }

  function list(): { release: number; bytes: number }[] {
    return readdirSync(dir).flatMap((name) => {
      const release = LOG_NAME.exec(name)?.[1]
      if (release === undefined) return []
      return [{ release: Number(release), bytes: statSync(join(dir, name)).size }]
    })
  }

  function remove(release: number): void {
    rmSync(pathOf(release), { force: true })
    written.delete(release)
    failures.delete(release)
  }

  return { append, read, list, remove }
}

function stored(step: string, text: string): string {
  const line: StoredLine = { at: new Date().toISOString(), step, text }
  return `${JSON.stringify(line)}\n`
}

/** Of bytes that begin at `offset` of the file. Counted in bytes, since a cut line need not be text. */
function linesOf(bytes: Buffer, offset: number): LogLine[] {
  const lines: LogLine[] = []
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(LINE_END, start)
    const line = parsed(bytes.toString('utf8', start, end))
    start = end + 1
    if (line) lines.push({ ...line, offset: offset + start })
  }
  return lines
}

function parsed(text: string): StoredLine | null {
  try {
    return storedLine.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

async function readChunk(path: string, offset: number): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw cause
  })
  if (!file) return Buffer.alloc(0)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(READ_CHUNK_BYTES), 0, READ_CHUNK_BYTES, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be removed
const CONTROL = /\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f]/g

const clean = (line: string): string => line.replace(CONTROL, '').slice(0, LINE_CAP)
