import { watch } from 'node:fs'
import type { Slot } from '../src/release/slot.ts'

/** When one move began, was done and was confirmed, on the host's monotonic clock in milliseconds. */
export type Move = {
  to: Slot
  startMs: number
  /** When the symlink was seen to be renamed, where one is. */
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

/** Sets `at` to the time at which `name` was last renamed within `directory`, as the kernel tells. */
export function watchRename(directory: string, name: string): { at: number | null; close(): void } {
  const seen = { at: null as number | null, close: () => watcher.close() }
  const watcher = watch(directory, (_, file) => {
    if (file === name) seen.at = nowMs()
  })
  return seen
}

/** Where the requests of one move went, counted from `zeroMs`. */
export function seenOf(move: Move, zeroMs: number, arrivals: Readonly<Record<Slot, Arrivals>>): Seen {
  const from = move.to === 'primary' ? 'secondary' : 'primary'
  const within = (slot: Slot, path: string): number[] =>
    (arrivals[slot][path] ?? []).filter((atMs) => atMs >= zeroMs && atMs < move.untilMs)
  const firsts = [...within(move.to, FRESH_PATH), ...within(move.to, KEPT_PATH)]
  const last = (path: string): number | null => {
    const lastMs = Math.max(zeroMs, ...within(from, path))
    return lastMs > move.untilMs - STILL_WITHIN_MS ? null : lastMs - zeroMs
  }
  return {
    first: firsts.length === 0 ? null : Math.min(...firsts) - zeroMs,
    lastFresh: last(FRESH_PATH),
    lastKept: last(KEPT_PATH),
  }
}
