import { z } from 'zod'

/**
 * What text from people may not hold: control characters (a terminal acts on them, and lines of a table break), marks that
 * turn the direction of what stands around them, other breaks of lines, and halves of characters.
 */
const HIDDEN = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u

/**
 * What nobody sees, so that two texts look alike, or a text holds another one: spaces of no width, what a screen leaves out, letters
 * that are blank, and tags, with which a whole sentence can be hidden. What joins letters or pictures (U+200C, U+200D, U+FE0F) is none.
 */
const UNSEEN =
  /\u034f|[\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\uffa0\ufff0-\ufffb\p{NChar}\u{e0000}-\u{e007f}]/u

/** What is wrong with a text, as one sentence that names the character; null where nothing is. */
export function hiddenIn(text: string): string | null {
  const hidden = HIDDEN.exec(text)?.[0]
  if (hidden !== undefined)
    return `Leave out control characters and marks of direction: it holds ${nameOf(hidden)}.`
  const unseen = UNSEEN.exec(text)?.[0]
  return unseen === undefined ? null : `Leave out characters that nobody sees: it holds ${nameOf(unseen)}.`
}

const nameOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

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
