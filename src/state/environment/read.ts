import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Parsed, type Problem, parseEnvironment, type Variable } from './parse.ts'
import { type EnvironmentFileName, isSetBySystem } from './set-by-system.ts'

/** What of a file is shown at once: behind the first line that is wrong, others are often no more than its rest. */
const SHOWN = 3

export type ReadFile = Parsed & {
  file: EnvironmentFileName
  /** Names that stand there twice, with both lines; the last one counts. */
  doubled: readonly { name: string; lines: readonly [number, number] }[]
}

/** Reads `app.env` or `app.build.env` of the project in `directory`; one that is absent says nothing. Throws what keeps it from being read. */
export async function readAppFile(directory: string, file: EnvironmentFileName): Promise<ReadFile> {
  const parsed = parseEnvironment(await contentOf(join(directory, file)))
  const reserved = parsed.variables.filter(({ name, value }) => isSetBySystem(file, name, value))
  const problems = [...parsed.problems, ...reserved.map(reservedProblem)]
  return {
    file,
    variables: parsed.variables.filter((variable) => !reserved.includes(variable)),
    problems: problems.toSorted((one, other) => one.line - other.line),
    doubled: doubledIn(parsed.variables),
  }
}

/** For people: what is wrong in the file, by line and name and never by value; null where nothing is. */
export function problemWords({ file, problems }: Pick<ReadFile, 'file' | 'problems'>): string | null {
  if (problems.length === 0) return null
  const shown = problems.slice(0, SHOWN).map(({ line, name, what }) => {
    const place = name === null ? `line ${line}` : `line ${line}, ${name}`
    return `${file}, ${place}: ${what}.`
  })
  const more = problems.length - shown.length
  return [
    ...shown,
    ...(more > 0 ? [`${more} more ${more === 1 ? 'line is' : 'lines are'} wrong.`] : []),
  ].join(' ')
}

/** For people: the names that a file gives twice; null where there are none. */
export function doubledWords({ file, doubled }: Pick<ReadFile, 'file' | 'doubled'>): string | null {
  if (doubled.length === 0) return null
  const words = doubled
    .slice(0, SHOWN)
    .map(({ name, lines: [first, last] }) => `${name} in lines ${first} and ${last}`)
  return `${file} gives a name twice, and the last one counts: ${words.join(', ')}.`
}

const reservedProblem = ({ name, line }: Variable): Problem => ({
  ...{ line, name },
  what: 'the system sets it itself, so remove the line',
})

function doubledIn(variables: readonly Variable[]): ReadFile['doubled'] {
  return variables.flatMap(({ name, line }, index) => {
    const last = variables.findLast((other) => other.name === name)
    const isFirst = variables.findIndex((other) => other.name === name) === index
    return last && isFirst && last.line !== line ? [{ name, lines: [line, last.line] as const }] : []
  })
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return Buffer.alloc(0)
    throw cause
  }
}
