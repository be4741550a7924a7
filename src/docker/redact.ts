import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnvironment } from '../state/environment/parse.ts'
import { environmentStore } from '../state/environment/store.ts'
import { withoutComposeValues } from './compose-words.ts'
import type { Project } from './project.ts'

const SECRET_FILES = ['app.env', 'app.build.env']
/** Shorter values are ordinary words: taking them out would spoil the log and hide nothing. */
const MIN_SECRET_LENGTH = 8
/** Public by their name, or by what they are. */
const PUBLIC_NAME = /^(NEXT_PUBLIC_|NODE_ENV$)/

export type Redact = (text: string) => string

type Pair = readonly [name: string, value: string | undefined]

/**
 * A function that replaces the values of `app.env`, `app.build.env` and the environments that slots run with by their names,
 * for text that goes into logs and errors.
 */
export async function readRedaction({ directory }: Pick<Project, 'directory'>): Promise<Redact> {
  const [files, kept] = await Promise.all([
    Promise.all(SECRET_FILES.map((file) => readOrEmpty(join(directory, file)))),
    keptPairs(directory),
  ])
  const redact = redaction([...files.flatMap(pairsIn), ...kept])
  const text = files.map((file) => file.toString('utf8')).join('\n')
  return (said) => redact(withoutComposeValues(said, text))
}

/**
 * As `readRedaction`, for pairs of name and value. Longer values go first, since one may hold another.
 * Of a value with several lines, such as a key in PEM, each line counts as well: logs come line by line.
 */
export function redaction(pairs: readonly Pair[]): Redact {
  const secrets = pairs
    .flatMap(([name, value]) =>
      value === undefined || PUBLIC_NAME.test(name)
        ? []
        : [value, ...value.split(/[\r\n]+/).map((line) => line.trim())].map((part) => ({
            name,
            value: part,
          })),
    )
    .filter(({ value }) => value.length >= MIN_SECRET_LENGTH)
    .sort((one, other) => other.value.length - one.value.length)
  return (text) => secrets.reduce((result, { name, value }) => result.replaceAll(value, `[${name}]`), text)
}

/** Of a line that is wrong nobody knows what the value is: the whole of it may be. */
function pairsIn(content: Buffer): Pair[] {
  const { variables, problems } = parseEnvironment(content)
  const lines = content.toString('utf8').split(/\r?\n/)
  const wrong = problems.flatMap(({ name, line }): Pair[] => {
    const text = lines.slice(line - 1).join('\n')
    const [first = ''] = text.split('\n')
    const value = name === null ? first : text.slice(text.indexOf('=') + 1)
    return [
      [name ?? `line ${line}`, value],
      ...(name === null ? [] : [[name, first.replace(/^[^=]*=\s*["']?/, '')] as const]),
    ]
  })
  return [...variables.map(({ name, value }) => [name, value] as const), ...wrong]
}

async function keptPairs(directory: string): Promise<Pair[]> {
  const store = environmentStore(join(directory, 'state/environments'))
  const kept = await Promise.all((await store.list()).map((hash) => store.read(hash)))
  return kept.flatMap((values) => [...(values ?? [])])
}

async function readOrEmpty(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return Buffer.alloc(0)
    throw cause
  }
}
