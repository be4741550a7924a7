import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { type Holder, holderSchema } from '../director/protocol.ts'

/** A held lock. `release` frees it; the kernel frees it too when the process dies. */
export type HeldLock = { release(): void }

/** Longer than `readHolder` holds a lock that it found free, so that nobody is turned away because somebody looked. */
const PATIENCE_SECONDS = 0.5
const HELD_BY_ANOTHER = 75

/**
 * Takes `path` by flock(2), waiting half a second at most. Answers null where someone else holds it.
 * Node has no lock call of its own, so util-linux `flock` locks a descriptor that it inherits from us: the lock
 * belongs to the open file, which stays ours when `flock` has exited, and is held while we are paused.
 * proper-lockfile gave two holders in 16 of 300 tries.
 */
export async function takeLock(path: string, holder: Holder): Promise<HeldLock | null> {
  const fd = openSync(path, 'a', 0o600)
  try {
    const code = await flock(['-w', String(PATIENCE_SECONDS), '3'], fd)
    if (code === HELD_BY_ANOTHER) {
      closeSync(fd)
      return null
    }
    if (code !== 0) throw new Error(`flock ended with ${code} on ${path}`)
  } catch (cause) {
    closeSync(fd)
    throw cause
  }
  if (!isStill(path, fd)) {
    closeSync(fd)
    return takeLock(path, holder)
  }
  writeHolder(path, holder)
  return {
    release: () => {
      forgetHolder(path)
      closeSync(fd)
    },
  }
}

/** Somebody may have removed the file, and another file of its name be locked since. */
function isStill(path: string, fd: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino
}

/**
 * Who holds the lock, for display only. Null where it is free, and where its holder could not write down who it is.
 * A holder that was killed leaves its file behind: where the lock proves free the file goes, for ever.
 */
export async function readHolder(path: string): Promise<Holder | null> {
  const holder = writtenHolder(path)
  if (holder === null) return null
  // The lock is held by `rm` and no longer: this process may be kept from letting go of it.
  const code = await flock(['-n', path, 'rm', '-f', holderPath(path)])
  return code === HELD_BY_ANOTHER ? holder : null
}

/** Whether anybody holds the lock, and what is written of a holder, be it the present one or one that was killed. Changes nothing. */
export async function lookAtLock(path: string): Promise<{ isHeld: boolean; written: Holder | null }> {
  const written = writtenHolder(path)
  if (!existsSync(path)) return { isHeld: false, written }
  const code = await flock(['-n', path, 'true'])
  return { isHeld: code === HELD_BY_ANOTHER, written }
}

async function flock(args: readonly string[], fd?: number): Promise<unknown> {
  const child = spawn('flock', ['-E', String(HELD_BY_ANOTHER), ...args], {
    stdio: ['ignore', 'ignore', 'ignore', ...(fd === undefined ? [] : [fd])],
  })
  const [code] = await once(child, 'close')
  return code
}

function writtenHolder(path: string): Holder | null {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(holderPath(path), 'utf8')))
  } catch {
    return null
  }
}

/** On a full disk the lock is held all the same; only the name of its holder is not known. */
function writeHolder(path: string, holder: Holder): void {
  try {
    writeFileSync(holderPath(path), JSON.stringify(holder))
  } catch {
    forgetHolder(path)
  }
}

function forgetHolder(path: string): void {
  try {
    rmSync(holderPath(path), { force: true })
  } catch {
    // Whoever holds the lock next writes over it, and whoever looks finds the lock free.
  }
}

const holderPath = (path: string): string => `${path}.json`
