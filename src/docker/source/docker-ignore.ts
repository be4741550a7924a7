import { posix } from 'node:path'

/** Which paths a `.dockerignore` leaves out. */
export type DockerIgnore = {
  leavesOut(path: string): boolean
}

/** A pattern that Docker would refuse to build with. */
export class BadPattern extends Error {
  constructor(pattern: string) {
    super(`the pattern ${JSON.stringify(pattern)} can not be read`)
    this.name = 'BadPattern'
  }
}

type Rule = { isOf(path: string): boolean; isException: boolean }

/**
 * Reads a `.dockerignore` as Docker does, since BuildKit does not apply it to a context that comes as an archive.
 * https://docs.docker.com/build/concepts/context/#dockerignore-files; what it leaves open, github.com/moby/patternmatcher
 * says. Throws `BadPattern`.
 */
export function readDockerIgnore(text: string): DockerIgnore {
  const rules = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(ruleOf)
  return {
    leavesOut: (path) => {
      const parts = path.split('/')
      const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
      // A later rule beats an earlier one, and a rule for a directory is one for all below it.
      return rules.reduce((isOut, { isOf, isException }) => (above.some(isOf) ? !isException : isOut), false)
    },
  }
}

function ruleOf(line: string): Rule {
  const isException = line.startsWith('!')
  const pattern = cleaned(isException ? line.slice(1).trim() : line)
  if (isException && line.slice(1).trim() === '') throw new BadPattern(line)
  return { isOf: matcherOf(pattern, line), isException }
}

/** Without `.`, `..` and doubled slashes, and without one at either end. */
function cleaned(pattern: string): string {
  return posix
    .normalize(pattern)
    .replace(/^\/+(?=.)/, '')
    .replace(/(?<=.)\/$/, '')
}

const WILDCARD = /[*?[\]\\]/

function matcherOf(pattern: string, line: string): (path: string) => boolean {
  const [, end] = /^\*\*(.*)$/.exec(pattern) ?? []
  // `**` at the beginning stands for any beginning at all: `**x` is of `a/yx` too.
  if (end !== undefined && !WILDCARD.test(end)) {
    return (path) => path.endsWith(end) || (end.startsWith('/') && path === end.slice(1))
  }
  if (!WILDCARD.test(pattern)) return (path) => path === pattern
  const expression = compiled(pattern, line)
  return (path) => expression.test(path)
}

const TOKEN = /\*\*\/?|\*|\?|\\.|\\$|[[\]]|./gsu

function compiled(pattern: string, line: string): RegExp {
  const parts = [...pattern.matchAll(TOKEN)].map(({ 0: token, index }) => {
    if (token.startsWith('**')) return index + token.length === pattern.length ? '.*' : '(?:.*/)?'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    if (token === '\\') throw new BadPattern(line)
    if (token === '[' || token === ']') return token
    return token.startsWith('\\') ? escaped(token.slice(1)) : escaped(token, /[.+()|{}$]/)
  })
  try {
    return new RegExp(`^${parts.join('')}$`)
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new BadPattern(line)
    throw cause
  }
}

const escaped = (text: string, special = /[^\w\s]/): string => (special.test(text) ? `\\${text}` : text)
