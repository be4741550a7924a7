import type { Holder } from '../../src/director/protocol.ts'
import type { HeldLock } from '../../src/state/lock.ts'

/** In place of `src/state/lock.ts`, whose `flock` is a process for each call. */
const holders = new Map<string, Holder>()

export async function takeLock(path: string, holder: Holder): Promise<HeldLock | null> {
  if (holders.has(path)) return null
  holders.set(path, holder)
  return {
    release: () => {
      if (holders.get(path) === holder) holders.delete(path)
    },
  }
}

export async function readHolder(path: string): Promise<Holder | null> {
  return holders.get(path) ?? null
}

export const isHeld = (path: string): boolean => holders.has(path)

/** As the kernel does when the holder dies. */
export function freeLock(path: string): void {
  holders.delete(path)
}
