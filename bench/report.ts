import { duration } from '../src/words/quantities.ts'
import type { Table, Target } from './group.ts'
import type { Machine, Result } from './results.ts'
import { SHOWN, WANTED_TARGETS } from './wanted-targets.ts'

/** One group of the report: what it came to, or null while it was never run. */
export type Chapter = { name: string; number: number; title: string; result: Result | null }

/** `docs/performance.md`, whole. */
export function renderReport(chapters: readonly Chapter[]): string {
  const results = chapters.flatMap(({ result }) => (result === null ? [] : [result]))
  const newest = results.toSorted((a, b) => b.ranAt.localeCompare(a.ranAt))[0]
  return `${[
    '# Performance',
    'Written by `npm run bench`; edits by hand are lost. Every ratio is of one run on one machine, since absolute numbers are the machine’s.',
    '`npm run bench` takes up to 20 minutes, `npm run bench:full` longer; `npm run bench -- NAME …` runs the groups that are named. ' +
      'They need root, Docker Engine and the two cores to themselves: a build that runs beside them shows in every number.',
    ...(newest === undefined ? [] : [machineLine(newest.machine)]),
    '## Targets',
    renderTargets(chapters),
    ...chapters.map((chapter) => renderChapter(chapter, newest?.machine)),
  ].join('\n\n')}\n`
}

/** One table as the terminal shows it, its columns aligned. */
export function renderText(table: Table): string {
  const lines = [table.columns, ...table.rows]
  const widths = table.columns.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  )
  const aligned = lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const [head = '', ...rows] = aligned
  return [
    table.title,
    '',
    head,
    '─'.repeat(Math.max(...aligned.map((line) => line.length))),
    ...rows,
    ...(table.targets.length > 0 ? [''] : []),
    ...table.targets.map(targetLine),
    ...(table.notes.length > 0 ? [''] : []),
    ...table.notes.map((note) => `· ${note}`),
  ].join('\n')
}

function renderTargets(chapters: readonly Chapter[]): string {
  const numbers = new Set([...WANTED_TARGETS, ...chapters].map(({ number }) => number))
  const lines = [...numbers]
    .toSorted((a, b) => a - b)
    .flatMap((number) =>
      targetLines(
        number,
        chapters.filter((chapter) => chapter.number === number),
      ),
    )
  return markdownTable(['what', 'target', 'seen', 'outcome'], lines)
}

/** What was measured of the targets of one number, then what was to be measured and was not. */
function targetLines(number: number, chapters: readonly Chapter[]): string[][] {
  const measured = chapters.flatMap(({ result }) => result?.tables.flatMap(({ targets }) => targets) ?? [])
  const failed = chapters.flatMap(({ title, result }) =>
    result === null || result.error === null ? [] : [[title, result.error] as const],
  )
  const missing = WANTED_TARGETS.filter(
    (wanted) => wanted.number === number && !measured.some((target) => wanted.isMeasuredBy(target)),
  )
  // A group whose numbers have no limit is measured by its table.
  const isShown = chapters.some(({ result }) => result !== null && result.tables.length > 0)
  return [
    ...measured.map((target) => [`${number}. ${target.name}`, target.limit, target.seen, outcomeOf(target)]),
    ...missing.map(({ name, limit }) => {
      const isOnlyShown = limit === SHOWN && isShown
      return [`${number}. ${name}`, limit, isOnlyShown ? 'below' : '', isOnlyShown ? 'shown' : 'not measured']
    }),
    ...failed.map(([title, error]) => [`${number}. ${title}`, '', '', `failed to run: ${error}`]),
  ]
}

function renderChapter({ name, number, title, result }: Chapter, shown: Machine | undefined): string {
  const heading = `## ${number}. ${title}`
  if (result === null) return `${heading}\n\nNot run yet: \`npm run bench -- ${name}\`.`
  const { ranAt, tookMs, isFull, loadBefore, machine, error } = result
  const run = `Run on ${ranAt.slice(0, 16).replace('T', ' ')} UTC in ${duration(tookMs)}${isFull ? ' with `bench:full`' : ''}: \`npm run bench -- ${name}\`. Load average before it: ${loadBefore.toFixed(1)}.`
  const elsewhere =
    shown !== undefined && machineLine(machine) !== machineLine(shown) ? [machineLine(machine)] : []
  if (error !== null) return [heading, run, ...elsewhere, `**It failed to run:** ${error}`].join('\n\n')
  return [heading, run, ...elsewhere, ...result.tables.map(renderTable)].join('\n\n')
}

function renderTable({ title, columns, rows, targets, notes }: Table): string {
  const parts = [`### ${title}`, markdownTable(columns, rows)]
  if (targets.length > 0) parts.push(targets.map((target) => `- ${targetLine(target)}`).join('\n'))
  if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join('\n'))
  return parts.join('\n\n')
}

function targetLine(target: Target): string {
  return `${target.name}: ${target.seen} (target ${target.limit}): ${outcomeOf(target)}`
}

function outcomeOf({ isMet, why }: Target): string {
  return isMet ? 'met' : `missed. ${why ?? 'The reason was not measured.'}`
}

function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`
  return [line(columns), `|${columns.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

function machineLine({ cores, memory, kernel, docker, nginx, node }: Machine): string {
  return `Machine: ${cores}, ${memory} of memory, Linux ${kernel}, Docker Engine ${docker}, nginx ${nginx}, Node ${node}.`
}
