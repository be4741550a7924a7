import { appendFileSync, mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type LogLine, logLineSchema } from '../director/protocol.ts'

const LINE_CAP = 2_000
const FILE_CAP_BYTES = 32 * 1024 * 1024
const READ_CHUNK_BYTES = 256 * 1024

const storedLine = logLineSchema.omit({ offset: true })

export type ReleaseLogs = {
  /** Adds lines to the log of a release. Control characters go, long lines are cut, and a log stops at 32 MiB. */
  append(release: number, step: string, text: string): void
  /** The lines from byte `offset` on, at most 256 KiB of them; `offset` of each line is where the next one begins. */
  read(release: number, offset: number): Promise<LogLine[]>
}

/** Output of releases, one file each, as JSON lines in `dir`: kept, and readable from any point. */
export function releaseLogs(dir: string): ReleaseLogs {
  mkdirSync(dir, { recursive: true })
  const written = new Map<number, number>()
  const pathOf = (release: number): string => join(dir, `release-${String(release).padStart(6, '0')}.log`)

  function append(release: number, step: string, text: string): void {
    const size = written.get(release) ?? 0
    if (size > FILE_CAP_BYTES) return
    const at = new Date().toISOString()
    const lines = text
      .split('\n')
      .map((line) => `${JSON.stringify({ at, step, text: clean(line) })}\n`)
      .join('')
    appendFileSync(pathOf(release), lines, { mode: 0o600 })
    written.set(release, size + Buffer.byteLength(lines))
  }

  async function read(release: number, offset: number): Promise<LogLine[]> {
    const bytes = await readChunk(pathOf(release), offset)
    const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)
    let end = offset
    return whole
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        end += Buffer.byteLength(line) + 1
        return { ...storedLine.parse(JSON.parse(line)), offset: end }
      })
  }

  return { append, read }
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
