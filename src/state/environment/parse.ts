import { bareValue, endOfQuoted, type Read, unescaped } from './value.ts'

/** One assignment of an environment file; the last of several for a name counts. */
export type Variable = { name: string; value: string; line: number }

/** What is wrong in a line. `name` is null where it has none, or one that may be a part of somebody's key. */
export type Problem = { line: number; name: string | null; what: string }

export type Parsed = { variables: Variable[]; problems: Problem[] }

/** Linux starts no program with a longer `NAME=value` (MAX_ARG_STRLEN). */
const MAX_BYTES = 128 * 1024 - 1
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=/
const BLANK = /^[ \t]*(?:#.*)?$/
const QUOTE = /^[ \t]*(["'])/
const NAMELESS =
  'it is not NAME=value. A name has letters, digits and _ . - and begins with no digit; a value of several lines needs quotes'

/**
 * Reads `app.env` and `app.build.env`, in the one format that docs/environment.md describes. What is written is what the
 * program gets, and nothing is replaced. A line that could be read in two ways is a problem and never a guess.
 * Neither Node's `util.parseEnv` nor dotenv will do: both cut `pa#ss` to `pa`, and know of no problems.
 */
export function parseEnvironment(content: Buffer): Parsed {
  const text = decoded(content)
  if (typeof text !== 'string') return { variables: [], problems: [text] }
  const parsed: Parsed = { variables: [], problems: [] }
  let [at, line] = [0, 1]
  while (at < text.length) {
    const next = readEntry(text, at, line, parsed)
    line += text.slice(at, next).split('\n').length - 1
    at = next
  }
  return parsed
}

/** Values by name. */
export function valuesIn({ variables }: Pick<Parsed, 'variables'>): Map<string, string> {
  return new Map(variables.map(({ name, value }) => [name, value]))
}

/** Line ends are \n alone. */
function decoded(content: Buffer): string | Problem {
  try {
    // It takes a byte order mark off.
    return new TextDecoder('utf-8', { fatal: true }).decode(content).replaceAll('\r\n', '\n')
  } catch {
    const [before = ''] = new TextDecoder().decode(content).split('\uFFFD')
    return { line: before.split('\n').length, name: null, what: 'it holds bytes that are not UTF-8' }
  }
}

/** Reads what begins at `at`, the beginning of a line; answers with where the next line begins. */
function readEntry(text: string, at: number, line: number, { variables, problems }: Parsed): number {
  const end = endOfLine(text, at)
  const found = text.slice(at, end)
  if (BLANK.test(found)) return end + 1
  const [begun, name] = ASSIGNMENT.exec(found) ?? []
  if (begun === undefined || name === undefined) {
    problems.push({ line, name: null, what: NAMELESS })
    return end + 1
  }
  const from = at + begun.length
  const rest = text.slice(from, end)
  const read: Read & { end?: number } = QUOTE.test(rest) ? quotedValue(text, from) : bareValue(rest)
  const problem = 'problem' in read ? read.problem : unfit(name, read.value)
  if (problem !== null) problems.push({ line, name, what: problem })
  else if ('value' in read) variables.push({ name, line, value: read.value })
  return (read.end ?? end) + 1
}

/** Both kinds may go over several lines; in double quotes there are escapes. */
function quotedValue(text: string, from: number): Read & { end?: number } {
  const open = text.slice(from).search(/["']/) + from
  const quote = text[open] ?? ''
  const close = endOfQuoted(text, open + 1, quote)
  // What the rest of the file says can't be told from the value.
  if (close === -1) return { problem: `its value has no closing ${quote}`, end: text.length }
  const end = endOfLine(text, close)
  if (!BLANK.test(text.slice(close + 1, end))) return { problem: 'something follows its closing quote', end }
  const inside = text.slice(open + 1, close)
  return { value: quote === '"' ? unescaped(inside) : inside, end }
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

function unfit(name: string, value: string): string | null {
  if (value.includes('\0')) return 'its value holds a NUL, which no environment can hold'
  if (Buffer.byteLength(`${name}=${value}`) > MAX_BYTES)
    return 'it is longer than the 128 KiB that Linux allows'
  return null
}
