import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import type { ReleaseVerb } from '../../src/release/release.ts'
import { allCells } from './cells.ts'
import { FAULTS } from './faults.ts'
import type { Points } from './points.ts'
import { totalsLine } from './report.ts'
import type { CellResult } from './run-cell.ts'

export type Violated = Pick<CellResult, 'id' | 'violations'>

export type Run = {
  seed: number
  minutes: number
  shards: number
  points: Points
  /** What was violated in a run that this one goes on with, and ran again. */
  ranAgain: readonly Violated[]
  results: readonly CellResult[]
}

const PATH = join(import.meta.dirname, '../../docs/reliability.md')
const BEGIN =
  '<!-- The fault matrix: written by `npm run test:faults -- --write`; edits by hand are lost. -->'
const END = '<!-- The end of the fault matrix. -->'

/** Puts the matrix of a run in place of the one that docs/reliability.md holds. */
export function writeMatrix(run: Run): void {
  const text = existsSync(PATH) ? readFileSync(PATH, 'utf8') : '# Reliability\n'
  const matrix = `${BEGIN}\n\n${matrixOf(run)}\n${END}`
  const [before = '', rest = ''] = text.split(BEGIN)
  const after = text.includes(END) ? (rest.split(END)[1] ?? '') : '\n'
  writeFileSync(PATH, `${before.trimEnd()}\n\n${matrix}${after}`)
}

function matrixOf(run: Run): string {
  const { results, minutes, seed, shards, points } = run
  const violated = results.filter(({ violations }) => violations.length > 0)
  return [
    `${totalsLine(results, { all: allCells(points, FAULTS).length, minutes, seed })}; ${shards} machines at once.`,
    '',
    machineLine(),
    '',
    'A number is how many cells ran there: points before, within and after the step. “✗ n” is how many of them were violated; “–” is where none ran, since the fault can’t strike there or the run was a sample.',
    '',
    ...(['deploy', 'rollback'] as const).flatMap((verb) => [
      `### ${title[verb]}`,
      '',
      ...table(verb, points, results),
      '',
    ]),
    ...violated.map(line),
    ...(run.ranAgain.length === 0 ? [] : ['Violated in an earlier part of the run, and run again:', '']),
    ...run.ranAgain.map(line),
  ].join('\n')
}

const line = ({ id, violations }: Violated): string => `- \`${id}\`: ${violations.join(' ')}`

const title: Readonly<Record<ReleaseVerb, string>> = {
  deploy: 'Faults in a deploy',
  rollback: 'Faults in a rollback',
}

/** Rows are faults, columns the steps in whose course the points lie. */
function table(verb: ReleaseVerb, points: Points, results: readonly CellResult[]): string[] {
  const steps = [...new Set(points[verb].map(stepOf))]
  const rows = FAULTS.map(({ name, title: words }) => {
    const cells = steps.map((step) =>
      shown(
        results.filter(({ id }) => {
          const [ofVerb, point = '', fault] = id.split('/')
          return ofVerb === verb && fault === name && stepOf(point) === step
        }),
      ),
    )
    return `| ${words} | ${cells.join(' | ')} |`
  })
  return [`| fault | ${steps.join(' | ')} |`, `|---|${steps.map(() => '--:|').join('')}`, ...rows]
}

const stepOf = (point: string): string => point.split(':')[0] ?? point

function shown(cells: readonly CellResult[]): string {
  const struck = cells.filter(({ ended }) => ended !== 'nothing to strike')
  if (struck.length === 0) return '–'
  const violated = struck.filter(({ violations }) => violations.length > 0).length
  return violated === 0 ? String(struck.length) : `${struck.length}, ✗ ${violated}`
}

function machineLine(): string {
  const processors = cpus()
  const docker = execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' })
  const memory = Math.round(totalmem() / 1024 ** 3)
  return `Machine: ${processors.length} cores (${processors[0]?.model.trim()}), ${memory} GiB of memory, Linux ${release()}, Docker Engine ${docker.trim()}, Node ${process.versions.node}.`
}
