import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { replaceDurably } from './durable-file.ts'

/** What an env file says, by name. */
export type EnvValues = ReadonlyMap<string, string>

/** Values to set; null removes the name's line. */
export type EnvChanges = Readonly<Record<string, string | null>>

const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/
const PLAIN = /^[A-Za-z0-9_.,:/@+=%-]*$/

/**
 * Reads the env file at `path`, or its copy where it is damaged; an absent file without one is empty.
 * The last of several lines for a name counts.
 */
export async function readEnvFile(path: string): Promise<Map<string, string>> {
  const [text, copy] = await Promise.all([textOf(path), readEnvCopy(path)])
  return parseEnv(isSoundEnv(text, copy) ? text : copy)
}

/**
 * Sets and removes names in the env file at `path` and keeps every other line as it is, comments too.
 * A power cut leaves the former file or the whole new one. So it does with the copy beside it, which is written first: a file
 * that is found damaged (`isSoundEnv`) is taken from the copy.
 * An update that changes nothing writes nothing. Answers whether the file changed.
 * Throws where a value can't be written so that compose and a shell read the same (line ends, single quotes).
 * Two writers at once would lose a change: the caller holds the release lock, or is the only one.
 */
export async function updateEnvFile(path: string, changes: EnvChanges): Promise<boolean> {
  const [before, copy] = await Promise.all([textOf(path), readEnvCopy(path)])
  const after = applyChanges(isSoundEnv(before, copy) ? before : copy, changes)
  if (after !== copy) await replaceDurably(envCopyPath(path), `${after}${sealOf(after)}`)
  if (after !== before) await replaceDurably(path, after)
  return after !== before
}

/** Takes the file at `path` from its copy where it is damaged. Answers whether it was. */
export async function mendEnvFile(path: string): Promise<boolean> {
  const [text, copy] = await Promise.all([textOf(path), readEnvCopy(path)])
  if (isSoundEnv(text, copy)) return false
  await replaceDurably(path, copy)
  return true
}

/** Whether the file at `path` is whole and has these values already. A name that is missing is as good as an empty one. */
export async function envFileHas(path: string, values: Readonly<Record<string, string>>): Promise<boolean> {
  const [text, copy] = await Promise.all([textOf(path), readEnvCopy(path)])
  const found = parseEnv(text)
  return (
    isSoundEnv(text, copy) &&
    Object.entries(values).every(([name, value]) => (found.get(name) ?? '') === value)
  )
}

/** The second copy of the file at `path`. Its last line is the hash of the others: a copy that is damaged mends nothing. */
export const envCopyPath = (path: string): string => `${path}.copy`

/**
 * Whether `text` is whole: every line is an assignment, a comment or empty, the last one has its end, and every name that
 * `copy` has is there. An empty copy knows nothing better.
 */
export function isSoundEnv(text: string, copy: string): boolean {
  if (copy === '') return true
  if (!text.endsWith('\n') || text.includes('\0')) return false
  if (!text.split(/\r?\n/).every((line) => /^\s*(#.*)?$/.test(line) || LINE.test(line))) return false
  const names = parseEnv(text)
  return [...parseEnv(copy).keys()].every((name) => names.has(name))
}

/** What the copy of the file at `path` says; nothing where it is absent, damaged or can't be read. */
export async function readEnvCopy(path: string): Promise<string> {
  const sealed = await textOf(envCopyPath(path)).catch(() => '')
  const text = sealed.slice(0, sealed.lastIndexOf(SEAL))
  return sealed === `${text}${sealOf(text)}` ? text : ''
}

const SEAL = '# sha256 '

const sealOf = (text: string): string => `${SEAL}${createHash('sha256').update(text).digest('hex')}\n`

/** Names and values of an env file's text, quotes taken off. Nothing is expanded. */
export function parseEnv(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const match = LINE.exec(line)
    if (match?.[1] !== undefined) values.set(match[1], unquote(match[2] ?? ''))
  }
  return values
}

/** The text with `changes` made: a changed name keeps its place, a new one goes to the end. */
export function applyChanges(text: string, changes: EnvChanges): string {
  const pending = new Map(Object.entries(changes))
  const kept: string[] = []
  for (const line of text.split(/\r?\n/)) {
    const name = LINE.exec(line)?.[1]
    const value = name === undefined ? undefined : changes[name]
    if (name === undefined || value === undefined) kept.push(line)
    else if (value !== null && pending.delete(name)) kept.push(`${name}=${quote(name, value)}`)
  }
  while (kept.at(-1) === '') kept.pop()
  for (const [name, value] of pending) {
    if (value !== null) kept.push(`${name}=${quote(name, value)}`)
  }
  return kept.length === 0 ? '' : `${kept.join('\n')}\n`
}

function quote(name: string, value: string): string {
  if (PLAIN.test(value)) return value
  if (/['\r\n\0]/.test(value)) {
    throw new Error(`${name} can't be written to an env file: it holds a single quote or a line end.`)
  }
  return `'${value}'`
}

function unquote(raw: string): string {
  const value = raw.trim()
  const quoted = /^(?:'([^']*)'|"([^"]*)")\s*(?:#.*)?$/.exec(value)
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? ''
  return value.replace(/\s+#.*$/, '')
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
