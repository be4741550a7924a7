import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A small file system of its own for all that the director makes durable, so that it can really be full. */
export type SmallDisk = {
  /** Leaves no byte free: whoever writes next gets ENOSPC. */
  fill(): void
  free(): void
}

/** With room for the director's reserve, and as much again, without which it is not made. */
const SIZE = '224m'
/** Enough for any page of the journal, so that the last byte is found by small steps. */
const CHUNK_BYTES = 64 * 1024

/** Mounts it over `state/` and `nginx/live/` of `dir`. Machines that start afterwards see it. */
export function mountSmallDisk(dir: string, home: string): SmallDisk {
  mkdirSync(home, { recursive: true })
  mount('-t', 'tmpfs', '-o', `size=${SIZE},mode=755`, 'tmpfs', home)
  for (const [name, target] of [
    ['state', join(dir, 'state')],
    ['live', join(dir, 'nginx/live')],
  ] as const) {
    mkdirSync(join(home, name))
    mkdirSync(target, { recursive: true })
    mount('--bind', join(home, name), target)
  }
  const filler = join(home, 'filler')
  return {
    fill: () => {
      const file = openSync(filler, 'w')
      for (let bytes = CHUNK_BYTES; bytes >= 1; bytes = Math.floor(bytes / 2)) writeAll(file, bytes)
      closeSync(file)
    },
    free: () => rmSync(filler, { force: true }),
  }
}

/** Removes every mount below one of `paths`, newest first. */
export function unmountBelow(...paths: string[]): void {
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n').reverse()) {
    const [, target = ''] = line.split(' ')
    if (paths.some((path) => target === path || target.startsWith(`${path}/`))) {
      execFileSync('umount', ['--lazy', target])
    }
  }
}

function writeAll(file: number, bytes: number): void {
  const chunk = Buffer.alloc(bytes)
  try {
    while (writeSync(file, chunk) === bytes);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')) throw cause
  }
}

function mount(...args: string[]): void {
  execFileSync('mount', args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
