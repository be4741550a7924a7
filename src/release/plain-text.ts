import { z } from 'zod'

/**
 * What text from people may not hold: control characters (a terminal acts on them, and lines of a table break), marks that
 * turn the direction of what stands around them, other breaks of lines, and halves of characters.
 */
const HIDDEN = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u

/** What is wrong with a text, as one sentence that names the character; null where nothing is. */
export function hiddenIn(text: string): string | null {
  const found = HIDDEN.exec(text)?.[0]
  if (found === undefined) return null
  const number = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `Leave out control characters and marks of direction: it holds U+${number}.`
}

/** One line of text from a person or a program: everything that the API, the CLI and the console's forms take is one. */
export const plainText = (missing?: string): z.ZodString =>
  z.string(missing).refine((text) => hiddenIn(text) === null, {
    abort: true,
    error: ({ input }) => hiddenIn(String(input)) ?? '',
  })

/** The first text within a value out of JSON that `hiddenIn` has something to say of, as `path: sentence`; null where there is none. */
export function hiddenAt(value: unknown, path: readonly string[] = []): string | null {
  if (typeof value === 'string') {
    const problem = hiddenIn(value)
    return problem === null ? null : `${path.join('.') || 'body'}: ${problem}`
  }
  if (typeof value !== 'object' || value === null) return null
  for (const [name, part] of Object.entries(value)) {
    const problem = hiddenAt(part, [...path, name])
    if (problem !== null) return problem
  }
  return null
}
