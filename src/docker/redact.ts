import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Project } from './project.ts'

const SECRET_FILES = ['app.env', 'app.build.env']
/** Shorter values are ordinary words: taking them out would spoil the log and hide nothing. */
const MIN_SECRET_LENGTH = 8
/** Public by their name, or by what they are. */
const PUBLIC_NAME = /^(NEXT_PUBLIC_|NODE_ENV$)/

export type Redact = (text: string) => string

/** A function that replaces the values of `app.env` and `app.build.env` by their names, for text that goes into logs and errors. */
export async function readRedaction({ directory }: Project): Promise<Redact> {
  const files = await Promise.all(SECRET_FILES.map((file) => readOrEmpty(join(directory, file))))
  return redaction(files.flatMap((text) => Object.entries(parseEnv(text))))
}

/**
 * As `readRedaction`, for pairs of name and value. Longer values go first, since one may hold another.
 * Of a value with several lines, such as a key in PEM, each line counts as well: logs come line by line.
 */
export function redaction(pairs: readonly (readonly [string, string | undefined])[]): Redact {
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

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return ''
    throw cause
  }
}
