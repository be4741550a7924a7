import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Slot } from '../src/release/slot.ts'

/** When one move began, was done and was confirmed, on the host's monotonic clock in milliseconds. */
export type Move = {
  to: Slot
  startMs: number
  /** When the rename of the symlink began, where one is renamed. */
  renamedMs: number | null
  doneMs: number
  /** Null where it was not confirmed in time. */
  confirmedMs: number | null
  /** When the next move began, or the observation ended. */
  untilMs: number
}

/** When requests arrived at a slot, by their path. */
export type Arrivals = Readonly<Record<string, readonly number[]>>

/** What visitors saw of one move, in milliseconds after its zero; null where it did not come to be before the next move. */
export type Seen = { first: number | null; lastFresh: number | null; lastKept: number | null }

export const FRESH_PATH = '/fresh'
export const KEPT_PATH = '/kept'

/** Requests still arriving so shortly before the next move are taken to go on. */
const STILL_WITHIN_MS = 50

/** CLOCK_MONOTONIC, the same in every process and container of a host. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** Notes when this process asks the kernel to rename something to a path. */
export type RenameWatch = {
  /** The last time, on the clock of `nowMs`, just before the call; null before the first. */
  lastMs(): number | null
  stop(): void
}

/**
 * Watches this process's own calls of `rename` of node:fs/promises. The symlink's own time would be the kernel's last tick,
 * up to 4 ms before the rename where it ticks 250 times a second, which is most of what is to be measured.
 */
export function watchRenames(path: string): RenameWatch {
  const { rename } = fs
  let lastMs: number | null = null
  replaceRename((from, to) => {
    if (to === path) lastMs = nowMs()
    return rename(from, to)
  })
  return { lastMs: () => lastMs, stop: () => replaceRename(rename) }
}

function replaceRename(rename: typeof fs.rename): void {
  Object.assign(fs, { rename })
  syncBuiltinESMExports()
}

/** Where the requests of one move went, counted from `zeroMs`. */
export function seenOf(move: Move, zeroMs: number, arrivals: Readonly<Record<Slot, Arrivals>>): Seen {
  const from = move.to === 'primary' ? 'secondary' : 'primary'
  const within = (slot: Slot, path: string): number[] =>
    (arrivals[slot][path] ?? []).filter((atMs) => atMs >= zeroMs && atMs < move.untilMs)
  const firsts = [...within(move.to, FRESH_PATH), ...within(move.to, KEPT_PATH)]
  // Silence at the old slot says nothing where the new one is silent too.
  if (firsts.length === 0) return { first: null, lastFresh: null, lastKept: null }
  const last = (path: string): number | null => {
    const lastMs = Math.max(zeroMs, ...within(from, path))
    return lastMs > move.untilMs - STILL_WITHIN_MS ? null : lastMs - zeroMs
  }
  return {
    first: Math.min(...firsts) - zeroMs,
    lastFresh: last(FRESH_PATH),
    lastKept: last(KEPT_PATH),
  }
}
