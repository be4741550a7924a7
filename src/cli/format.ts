import { isFailOver } from '../release/freeze.ts'
import type { Release, ReleaseState, Source } from '../release/release.ts'

/** What a release is made from, as part of a sentence. */
export function sourceWords(source: Source): string {
  switch (source.kind) {
    case 'tree':
      return 'the working tree'
    case 'ref':
      return source.ref
    case 'image':
      return source.image
    case 'standby':
      return 'the standby'
  }
}

/** `Release 12: deploy of v1.4 to secondary`. */
export function releaseTitle(release: Pick<Release, 'id' | 'verb' | 'source' | 'slot' | 'actor'>): string {
  return `Release ${release.id}: ${whatWords(release)} to ${release.slot}`
}

/** `deploy of v1.4`, `rollback`, or `fail-over` where the director moved the traffic by itself. */
export function whatWords(release: Pick<Release, 'verb' | 'source' | 'actor'>): string {
  if (release.verb === 'deploy') return `deploy of ${sourceWords(release.source)}`
  return isFailOver(release) ? 'fail-over' : 'rollback'
}

/** How long a release took, or has taken until now. */
export function tookMs(
  { createdAt, endedAt }: Pick<Release, 'createdAt' | 'endedAt'>,
  nowMs: number,
): number {
  return (endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(createdAt)
}

/** Columns as wide as their widest cell, two spaces apart; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    })
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

const STATES: Readonly<Record<ReleaseState, string>> = {
  preparing: 'preparing',
  switching: 'switching',
  live: 'succeeded',
  failed: 'failed',
  aborted: 'aborted',
}

/** A release's state for people: `live` says that it went live once, not that it still is. */
export const stateWord = (state: ReleaseState): string => STATES[state]
