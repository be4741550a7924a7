import type { Points } from './points.ts'
import type { CellResult } from './run-cell.ts'

export type Run = {
  seed: number
  minutes: number
  shards: number
  points: Points
  results: readonly CellResult[]
}

export function writeMatrix(run: Run): void {
  console.log(run.results.length)
}
