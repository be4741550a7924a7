/** A string in quotes, a comment, or one character else. A string in single or double quotes ends with its line at the latest. */
const PIECE =
  /(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`)|(?<comment>\/\*[\s\S]*?\*\/|\/\/[^\n]*)|[\s\S]/g
const OPENING = '([{'
const CLOSING = ')]}'

/** The text of a script without its comments; what looks like one within a string stays. */
export function withoutComments(script: string): string {
  return [...script.matchAll(PIECE)].map(({ 0: piece, groups }) => (groups?.comment ? ' ' : piece)).join('')
}

/** From the bracket at `start` to the one that closes it, or to the end of the text. */
export function bracketed(script: string, start: number): string {
  let depth = 0
  for (const { 0: piece, index } of script.slice(start).matchAll(PIECE)) {
    if (piece.length > 1) continue
    if (OPENING.includes(piece)) depth += 1
    if (CLOSING.includes(piece)) depth -= 1
    if (depth === 0) return script.slice(start, start + index + 1)
  }
  return script.slice(start)
}

/** Each object of a script in braces, the outer ones too, and each string that stands in none; with where it begins. */
export function partsOf(script: string): { text: string; index: number }[] {
  const parts: { text: string; index: number }[] = []
  const open: number[] = []
  for (const { 0: piece, index, groups } of script.matchAll(PIECE)) {
    if (piece === '{') open.push(index)
    if (piece === '}') {
      const start = open.pop()
      if (start !== undefined) parts.push({ text: script.slice(start, index + 1), index: start })
    }
    if (groups?.string && open.length === 0) parts.push({ text: piece, index })
  }
  return parts
}

/** What a property of an object of text holds where that is a string; its own property, and none of an object within. */
export function stringIn(object: string, property: string): string | null {
  const own = `${object.slice(0, 1)}${withoutInner(object.slice(1, -1))}`
  const [, quoted] =
    new RegExp(`\\b${property}['"]?\\s*:\\s*('[^'\\n]*'|"[^"\\n]*"|\`[^\`]*\`)`).exec(own) ?? []
  return quoted === undefined ? null : quoted.slice(1, -1).replace(/\\\\/g, '\\')
}

function withoutInner(script: string): string {
  let depth = 0
  return [...script.matchAll(PIECE)]
    .map(({ 0: piece }) => {
      if (piece === '{') depth += 1
      const isOwn = depth === 0
      if (piece === '}') depth -= 1
      return isOwn ? piece : ''
    })
    .join('')
}
