import prettyBytes from 'pretty-bytes'
import type { Finding } from '../preflight.ts'

const SHOWN = 3

/** `is` takes the form of a verb that fits how many there are. */
export type Words = (names: string, them: 'it' | 'them', is: (one: string, many: string) => string) => string

/** A warning about what was found, where something was. */
export function named(name: string, found: readonly string[], words: Words): Finding[] {
  if (found.length === 0) return []
  const isOne = found.length === 1
  const names = inWords(found.map((path) => (PLAIN.test(path) ? path : JSON.stringify(path))))
  return [
    warning(
      name,
      words(names, isOne ? 'it' : 'them', (one, many) => (isOne ? one : many)),
    ),
  ]
}

const PLAIN = /^[\w./@+-]+$/

/** The first of them, and how many there are beside. */
export function inWords(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN)
  const more = names.length - shown.length
  if (more > 0) return `${shown.join(', ')} and ${more} more`
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

export const size = (bytes: number): string => prettyBytes(bytes, { binary: true })

export const warning = (name: string, sentence: string): Finding => ({ name, outcome: 'warning', sentence })

/** What can't be built. */
export const refused = (sentence: string): Finding => ({
  ...{ code: 'source-unfit', name: 'source', outcome: 'refused', sentence },
})
