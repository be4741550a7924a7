import { type FileHandle, open } from 'node:fs/promises'

/** Longer than any line that nginx writes; what goes beyond is left out of its line. */
const BUFFER_BYTES = 128 * 1024
/** A minute's lines at 1,000 requests a second. */
export const MAX_BACK_BYTES = 32 * 1024 * 1024
const FIRST_BACK_BYTES = 256 * 1024
const LINE_END = 0x0a

export type GrowingFile = {
  inode: number
  /** Hands out the whole lines that were added since the last call; a line that is still being written waits. */
  readNew(onLine: (line: string) => void): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a file that is written at its end. It is read from its beginning, or, given `isOld`, from near where its lines begin
 * not to be old, at most 32 MiB before its end. Null where there is none.
 */
export async function openGrowingFile(
  path: string,
  isOld: ((line: string) => boolean) | null,
): Promise<GrowingFile | null> {
  const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw cause
  })
  if (!handle) return null
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new Error(`${path} is not a file`)
    const from = isOld === null ? 0 : await whereNewBegins(handle, found.size, isOld)
    return growingFile(handle, found.ino, from)
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

function growingFile(handle: FileHandle, inode: number, from: number): GrowingFile {
  const buffer = Buffer.alloc(BUFFER_BYTES)
  /** Bytes of an unfinished line, at the buffer's beginning. */
  let kept = 0
  let position = 0
  /** Whether what comes up to the next line end is the rest of a line that is not whole. */
  let isInside = false
  startAt(from)

  function startAt(offset: number): void {
    // From the byte before, so that a line which begins just here is not taken for the rest of one.
    position = Math.max(0, offset - 1)
    isInside = position > 0
    kept = 0
  }

  async function readNew(onLine: (line: string) => void): Promise<void> {
    const { size } = await handle.stat()
    if (size < position) startAt(0)
    if (size - position > MAX_BACK_BYTES * 2) startAt(size - MAX_BACK_BYTES)
    while (position < size) {
      const wanted = Math.min(BUFFER_BYTES - kept, size - position)
      const { bytesRead } = await handle.read(buffer, kept, wanted, position)
      if (bytesRead === 0) return
      position += bytesRead
      handOut(kept + bytesRead, onLine)
    }
  }

  function handOut(filled: number, onLine: (line: string) => void): void {
    let start = 0
    if (isInside) {
      const end = buffer.subarray(0, filled).indexOf(LINE_END)
      isInside = end === -1
      start = isInside ? filled : end + 1
    }
    const end = buffer.subarray(0, filled).lastIndexOf(LINE_END)
    if (end >= start) {
      for (const line of buffer.toString('utf8', start, end).split('\n')) onLine(line)
      start = end + 1
    }
    kept = buffer.copy(buffer, 0, start, filled)
    if (kept < BUFFER_BYTES) return
    onLine(buffer.toString('utf8'))
    isInside = true
    kept = 0
  }

  return { inode, readNew, close: () => handle.close() }
}

async function whereNewBegins(
  handle: FileHandle,
  size: number,
  isOld: (line: string) => boolean,
): Promise<number> {
  const buffer = Buffer.alloc(BUFFER_BYTES)
  for (let back = FIRST_BACK_BYTES; back < Math.min(size, MAX_BACK_BYTES); back *= 2) {
    const { bytesRead } = await handle.read(buffer, 0, BUFFER_BYTES, size - back)
    const [, line] = buffer.toString('utf8', 0, bytesRead).split('\n', 2)
    if (line !== undefined && isOld(line)) return size - back
  }
  return Math.max(0, size - MAX_BACK_BYTES)
}
