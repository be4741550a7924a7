import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Points } from './points.ts'
import type { CellResult } from './run-cell.ts'
import type { Run } from './write-matrix.ts'

const PATH = join(import.meta.dirname, '../../.test/faults.json')

const recordSchema = z.object({
  minutes: z.number(),
  points: z.object({ deploy: z.array(z.string()), rollback: z.array(z.string()) }),
  results: z.array(
    z.object({
      id: z.string(),
      ended: z.string(),
      probes: z.number(),
      excused: z.number(),
      withoutMs: z.number(),
      violations: z.array(z.string()),
      tookMs: z.number(),
    }),
  ),
})

/** Keeps what has run so far in `.test/faults.json`. */
export function keepRecord(run: Run): void {
  mkdirSync(dirname(PATH), { recursive: true })
  writeFileSync(`${PATH}.tmp`, `${JSON.stringify(run, null, 1)}\n`)
  renameSync(`${PATH}.tmp`, PATH)
}

/** What passed in the run before, and how long that took. Throws where its releases passed other points than they do now. */
export function resultsToGoOnWith(points: Points): { results: CellResult[]; minutes: number } {
  if (!existsSync(PATH)) return { results: [], minutes: 0 }
  const record = recordSchema.parse(JSON.parse(readFileSync(PATH, 'utf8')))
  if (!isDeepStrictEqual(record.points, points)) {
    throw new Error('A release passes other points than in the run before: start anew, without --resume.')
  }
  return {
    results: record.results.filter(({ violations }) => violations.length === 0),
    minutes: record.minutes,
  }
}
