import type { CellResult } from './run-cell.ts'

export function resultLine(result: CellResult, number: number, of: number): string {
  const { id, ended, probes, excused, withoutMs, violations, tookMs } = result
  const mark = violations.length === 0 ? '✓' : '✗'
  const outage = excused === 0 ? '' : `, ${excused} excused in ${(withoutMs / 1000).toFixed(1)} s`
  const lines = violations.map((sentence) => `\n    ${sentence}`)
  return `${mark} ${number}/${of} ${id}  ${ended}, ${probes} probes${outage}, ${(tookMs / 1000).toFixed(1)} s${lines.join('')}`
}

/** `all`: how many cells the whole matrix has. */
export function totalsLine(
  results: readonly CellResult[],
  { all, minutes, seed }: { all: number; minutes: number; seed: number },
): string {
  const sum = (pick: (result: CellResult) => number): number =>
    results.reduce((total, result) => total + pick(result), 0)
  const violated = results.filter(({ violations }) => violations.length > 0).length
  const idle = results.filter(({ ended }) => ended === 'nothing to strike').length
  return [
    `${results.length} of all ${all} cells, ${idle} of them with nothing to strike`,
    `${sum(({ probes }) => probes)} probes, ${sum(({ excused }) => excused)} failed while the fault itself had taken nginx, Docker or the live slot down`,
    `${violated} cells violated`,
    `${minutes.toFixed(1)} min, seed ${seed}`,
  ].join('; ')
}
