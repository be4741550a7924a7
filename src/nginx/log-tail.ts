import { stat } from 'node:fs/promises'
import { type GrowingFile, openGrowingFile } from './growing-file.ts'

/** Reads of a moved file that bring nothing before it is let go: a worker that is slow to reopen still writes to it. */
const QUIET_READS = 10

export type LogTail = {
  /** Hands out all whole lines that have been written since the last call. Answers with whether there is a log at all. */
  read(): Promise<boolean>
  close(): Promise<void>
}

type Moved = { file: GrowingFile; quietReads: number }

/**
 * Follows a log that is moved to `PATH.1` and begun anew now and then. At first it hands out the last lines of both files,
 * from near where `isOld` begins to say no, so that what follows is known to whom it is new.
 */
export function logTail(
  path: string,
  { isOld, onLine }: { isOld(line: string): boolean; onLine(line: string): void },
): LogTail {
  let hasBegun = false
  let current: GrowingFile | null = null
  let moved: Moved[] = []

  async function begin(): Promise<void> {
    current ??= await openGrowingFile(path, isOld)
    const before = await openGrowingFile(`${path}.1`, isOld)
    hasBegun = true
    if (before?.inode === current?.inode) await before?.close()
    else if (before) moved.push({ file: before, quietReads: 0 })
  }

  async function read(): Promise<boolean> {
    if (!hasBegun) await begin()
    await current?.readNew(onLine)
    await readMoved()
    const next = (await inodeOf(path)) === current?.inode ? null : await openGrowingFile(path, null)
    if (!next) return current !== null
    if (current) moved.push({ file: current, quietReads: 0 })
    current = next
    await next.readNew(onLine)
    return true
  }

  async function readMoved(): Promise<void> {
    for (const one of moved) {
      one.quietReads += 1
      await one.file.readNew((line) => {
        one.quietReads = 0
        onLine(line)
      })
    }
    // While nothing is at `path`, nginx has not heard of the move yet.
    if (!current) return
    const done = moved.filter(({ quietReads }) => quietReads >= QUIET_READS)
    moved = moved.filter((one) => !done.includes(one))
    for (const { file } of done) await file.close()
  }

  return {
    read,
    close: async () => {
      for (const file of [current, ...moved.map((one) => one.file)]) await file?.close()
    },
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ ino }) => ino,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined
      throw cause
    },
  )
}
