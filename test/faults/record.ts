import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Points } from './points.ts'
import { BROKEN_DOWN, type CellResult } from './run-cell.ts'
import type { Run, Violated } from './write-matrix.ts'

const PATH = join(import.meta.dirname, '../../.test/faults.json')

const violatedSchema = z.object({ id: z.string(), violations: z.array(z.string()) })

const recordSchema = z.object({
  minutes: z.number(),
  ranAgain: z.array(violatedSchema),
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

/** What a run goes on with: what passed before it, how long that took, and what was violated and runs again. */
export type Before = { results: CellResult[]; minutes: number; ranAgain: Violated[] }

/** Throws where the releases of the run before passed other points than they do now. */
export function runToGoOnWith(points: Points): Before {
  if (!existsSync(PATH)) return { results: [], minutes: 0, ranAgain: [] }
  const record = recordSchema.parse(JSON.parse(readFileSync(PATH, 'utf8')))
  if (!isDeepStrictEqual(record.points, points)) {
    throw new Error('A release passes other points than in the run before: start anew, without --resume.')
  }
  const { results, minutes, ranAgain } = record
  const violated = results.filter(({ ended, violations }) => violations.length > 0 && ended !== BROKEN_DOWN)
  return {
    results: results.filter(({ violations }) => violations.length === 0),
    minutes,
    ranAgain: [...ranAgain, ...violated.map(({ id, violations }) => ({ id, violations }))],
  }
}
