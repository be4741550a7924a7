import { randomBytes } from 'node:crypto'
import { statfsSync, statSync, truncateSync } from 'node:fs'
import { open, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

const MIB = 1024 ** 2
const WHOLE_BYTES = 64 * MIB
/** What is given back at a time: whatever fills the disk may be at it still, and takes all that it gets. */
const PART_BYTES = 8 * MIB
/** How much more than the reserve must be free for it to be made again. */
const SPARE_BYTES = 64 * MIB
const CHUNK_BYTES = MIB

/**
 * Room that is put by on the disk of its file, so that what has happened can be written down, and recovered from, when the
 * disk is full. Of no use to what is written to another file system.
 */
export type Reserve = {
  /**
   * Runs `work`, and where the disk is full gives room back and runs it once more, so that `work` may run twice. Nothing is
   * given back where the disk has room, and lacks files alone.
   */
  spend<T>(work: () => T): T
  spendAsync<T>(work: () => Promise<T>): Promise<T>
  /** Makes what is missing of it where there is room for that and more. Answers whether it is whole. */
  refill(): Promise<boolean>
  /** How much of it is there, and of how much. */
  left(): { bytes: number; wholeBytes: number }
}

export type ReserveOptions = { wholeBytes?: number; partBytes?: number; spareBytes?: number }

/** The reserve in the file at `path`, which `refill` makes. */
export function reserveAt(
  path: string,
  { wholeBytes = WHOLE_BYTES, partBytes = PART_BYTES, spareBytes = SPARE_BYTES }: ReserveOptions = {},
): Reserve {
  const size = (): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

  /** False where there is nothing left to give, or where it is files that the disk has no room for. */
  function giveBack(): boolean {
    const bytes = size()
    if (bytes === 0 || lacksFilesAlone()) return false
    truncateSync(path, Math.max(0, bytes - partBytes))
    console.error(`The disk is full: ${path} gave ${Math.min(bytes, partBytes)} bytes back.`)
    return true
  }

  /** Where there is no room either, the one may be for want of the other: ZFS and XFS make room for files as they need it. */
  function lacksFilesAlone(): boolean {
    const { files, ffree, bavail, bsize } = statfsSync(dirname(path))
    return files > 0 && ffree === 0 && bavail * bsize >= partBytes
  }

  function spend<T>(work: () => T): T {
    for (;;) {
      try {
        return work()
      } catch (cause) {
        if (!isDiskFull(cause) || !giveBack()) throw cause
      }
    }
  }

  async function spendAsync<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work()
      } catch (cause) {
        if (!isDiskFull(cause) || !giveBack()) throw cause
      }
    }
  }

  async function refill(): Promise<boolean> {
    const before = size()
    const missing = wholeBytes - before
    if (missing <= 0) return true
    const { bavail, bsize } = await statfs(dirname(path))
    if (bavail * bsize < missing + spareBytes) return false
    try {
      await append(path, missing)
    } catch (cause) {
      // Some of it may have been given back meanwhile: what is longer then would be a hole.
      truncateSync(path, Math.min(before, size()))
      if (!isDiskFull(cause)) throw cause
    }
    return size() >= wholeBytes
  }

  return { spend, spendAsync, refill, left: () => ({ bytes: size(), wholeBytes }) }
}

/** Noise: a file system that compresses, or leaves zeros out, would keep no room for anything else. */
async function append(path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'a', 0o600)
  for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
    await file.writeFile(randomBytes(Math.min(left, CHUNK_BYTES)))
  }
  await file.sync()
}

const FULL_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT']
/** SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: the file of shared memory beside the journal could not grow. https://sqlite.org/rescode.html */
const FULL_ERRCODES: readonly unknown[] = [13, 4874]

/** Whether anything was thrown because there was no room on the disk, be it by Node, by SQLite or as the cause of another error. */
export function isDiskFull(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  if ('code' in cause && FULL_CODES.includes(cause.code)) return true
  if ('errcode' in cause && FULL_ERRCODES.includes(cause.errcode)) return true
  return isDiskFull(cause.cause)
}
