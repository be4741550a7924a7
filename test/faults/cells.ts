import type { ReleaseVerb } from '../../src/release/release.ts'
import type { Fault } from './fault.ts'
import { isOneWithNext, type Points } from './points.ts'

/** One fault at one point of a release. `id` is `VERB/POINT/FAULT`. */
export type Cell = { id: string; verb: ReleaseVerb; point: string; fault: string }

const VERBS = ['deploy', 'rollback'] as const

/** Every fault at every point that it can meet; at points that are one moment to it (`isOfJournal`) it strikes once. */
export function allCells(points: Points, faults: readonly Fault[]): Cell[] {
  return VERBS.flatMap((verb) =>
    points[verb].flatMap((point) =>
      faults
        .filter((fault) => fault.isOfJournal || !isOneWithNext(points[verb], point))
        .filter((fault) => fault.meets?.({ verb, point, points: points[verb] }) ?? true)
        .map(({ name }) => ({ id: `${verb}/${point}/${name}`, verb, point, fault: name })),
    ),
  )
}

/** The cells whose ids match one of `globs`, in which `*` stands for anything. */
export function chosenCells(cells: readonly Cell[], globs: readonly string[]): Cell[] {
  const patterns = globs.map(
    (glob) =>
      new RegExp(
        `^${glob
          .split('*')
          .map((part) => part.replace(/[.+?^$()|[\]{}\\]/g, '\\$&'))
          .join('.*')}$`,
      ),
  )
  return cells.filter(({ id }) => patterns.some((pattern) => pattern.test(id)))
}

/**
 * All cells in an order of the seed, in which those that bring a fault or a point for the first time stand first: however
 * many of them a run has time for, none is left out for the sake of another's second.
 */
export function sampled(cells: readonly Cell[], seed: number): Cell[] {
  const shuffled = shuffle(cells, seed)
  const [first, rest] = covering(shuffled)
  return [...first, ...rest]
}

/** How many cells at the front of `sampled` bring every fault and every point at least once. */
export function coverCount(cells: readonly Cell[], seed: number): number {
  return covering(shuffle(cells, seed))[0].length
}

/** Cells that bring a fault and a point that are both new are taken first, then those that bring one of them. */
function covering(shuffled: readonly Cell[]): [Cell[], Cell[]] {
  const first: Cell[] = []
  const faults = new Set<string>()
  const points = new Set<string>()
  for (const wanted of [2, 1]) {
    for (const cell of shuffled) {
      const point = `${cell.verb}/${cell.point}`
      if (Number(!faults.has(cell.fault)) + Number(!points.has(point)) < wanted) continue
      faults.add(cell.fault)
      points.add(point)
      first.push(cell)
    }
  }
  return [first, shuffled.filter((cell) => !first.includes(cell))]
}

export function shuffle<T>(items: readonly T[], seed: number): T[] {
  const random = randomOf(seed)
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((one, other) => one.key - other.key)
    .map(({ item }) => item)
}

/** Numbers from 0 to below 1, the same ones for a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function hashOf(text: string): number {
  let hash = 0
  for (const character of text) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0
  return hash >>> 0
}
